import { type Bound, type Program, program, spread } from "./program.ts";

/**
 * Shaders with workgroups of one size, in a row, as one: each is a function, which some of the workgroups call. `at`: of each buffer of a shader, which one
 * of the whole it is. Which workgroup it is decides alike for all its invocations, so they may wait for one another inside.
 */
export function printSide(members: readonly { readonly program: Program; readonly at: readonly number[] }[]): Program {
  const bound = new Map<string, Bound>();
  const { workgroups, number } = spread(members.reduce((n, { program }) => n + program.workgroups[0], 0));
  const functions: string[] = [];
  const calls: string[] = [];
  let first = 0;
  members.forEach(({ program: { made, workgroups }, at }, k) => {
    const text = `${made.declarations}\nfn run(group: vec3<u32>, groups: vec3<u32>, lane: u32) {\n${made.body}\n}`;
    const names = new Map<string, string>();
    for (const [, name] of text.matchAll(/^(?:fn|var<\w+>) (\w+)/gm)) names.set(name as string, `${name}_k${k}`);
    for (const { buffer, name, type, written } of made.buffers) {
      const key = `${at[buffer]} ${type}`;
      const one = bound.get(key) ?? { buffer: at[buffer] as number, name: `all${bound.size}`, type, written };
      bound.set(key, one);
      names.set(name, one.name);
    }
    functions.push(text.replace(/\b[a-z]\w*/g, (word) => names.get(word) ?? word));
    const [n] = workgroups;
    calls.push(`if (number < ${first + n}u) { run_k${k}(vec3(number - ${first}u, 0, 0), vec3(${n}u, 1, 1), lane); }`);
    first += n;
  });
  return program(
    members.map(({ program }) => program.name).join(", "),
    [...bound.values()],
    (members[0] as { program: Program }).program.made.size,
    workgroups,
    functions.join("\n"),
    `let number = ${number};\n${calls.join(" else ")}`,
  );
}
