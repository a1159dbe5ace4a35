import { functionsOf } from "./functions.ts";

/** A compute shader and what it is bound to and dispatched with. */
export interface Program {
  readonly name: string;
  readonly code: string;
  /** Of each binding, which buffer of the step it is. */
  readonly bindings: readonly number[];
  /** Whether a binding is written. */
  readonly written: readonly boolean[];
  readonly workgroups: readonly [number, number, number];
  /** What the code was put together from. */
  readonly made: {
    readonly buffers: readonly Bound[];
    readonly size: number;
    readonly declarations: string;
    readonly body: string;
  };
}

/** A buffer that a shader declares: position among those of the step, variable, element type. */
export interface Bound {
  readonly buffer: number;
  readonly name: string;
  readonly type: string;
  readonly written: boolean;
}

/** What has to stand before code that uses an extension of the language. */
export const enabled = (code: string): string => (/\bsubgroup[A-Z]/.test(code) ? `enable subgroups;\n${code}` : code);

/** Workgroups in a row, and the number of one as an expression that holds however a device folds the row (see `folded`). */
export const spread = (groups: number): { workgroups: [number, number, number]; number: string } => ({
  workgroups: [groups, 1, 1],
  number: "(group.x + groups.x * (group.y + groups.y * group.z))",
});

const HEAD =
  "fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {";

/** A shader that does nothing where its gate, a uniform of its own, is closed. */
export const gated = (code: string): string =>
  `${code.replace(HEAD, `${HEAD}\nif (g_gate.x == 0u) { return; }`)}@group(1) @binding(0) var<uniform> g_gate: vec4<u32>;\n`;

/** Puts a shader together. `body` may use `group` (the workgroup's position), `groups` (how many there are) and `lane` (the invocation's number in it). */
export function program(
  name: string,
  buffers: readonly Bound[],
  size: number,
  workgroups: readonly [number, number, number],
  declarations: string,
  body: string,
): Program {
  const bound = buffers.map(
    (b, i) =>
      `@group(0) @binding(${i}) var<storage, ${b.written ? "read_write" : "read"}> ${b.name}: array<${b.type}>;`,
  );
  const main = `@compute @workgroup_size(${size})
${HEAD}
${body}
}`;
  const own = `${declarations}\n${main}`;
  return {
    name,
    code: `${bound.join("\n")}\n${functionsOf(own)}\n${own}\n`,
    bindings: buffers.map((b) => b.buffer),
    written: buffers.map((b) => b.written),
    workgroups,
    made: { buffers, size, declarations, body },
  };
}
