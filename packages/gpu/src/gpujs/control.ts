import {
  type BufferType,
  type DType,
  dtypes,
  type HostArray,
  type Kernel,
  type Plan,
  type Special,
} from "@gradus/tensor";
import type { Device } from "./device.ts";
import type { Program } from "./program.ts";
import { joinKernel, rowKernel } from "./special.ts";
import { Value } from "./value.ts";

/** A step that runs programs: loops and branches, whose values stay on the GPU. */
export interface Control {
  /** Runs on values that stay the caller's; gives those of the step's outputs. */
  run(inputs: readonly Value[]): Promise<Value[]>;
  readonly programs: readonly Program[];
}

/** Makes the program of a plan. */
export type Make = (plan: Plan) => Program;

type Of<K extends Special["kind"]> = Extract<Special, { kind: K }>;
export type Controlled = Of<"scan" | "switch" | "while">;

/** How many of a step's buffers it reads; the others it fills. */
export function readBy(work: Controlled): number {
  if (work.kind === "switch") return 1 + work.inputs;
  return work.consts + work.carries + (work.kind === "scan" ? work.xs : 0);
}

/** A plan of one kernel, which reads all its buffers but the last. */
function planOfKernel(kernel: Kernel): Plan {
  const last = kernel.buffers.length - 1;
  return {
    buffers: kernel.buffers.map((b, i) => ({ ...b, role: i === last ? "output" : "input", offset: 0 })),
    inputs: kernel.buffers.slice(0, last).map((_, i) => i),
    outputs: [last],
    steps: [{ work: kernel, buffers: kernel.buffers.map((_, i) => i) }],
    inherits: [-1],
    arenaBytes: 0,
    peakBytes: 0,
  };
}

/** Values that are given back at the end, whatever happens, unless they are handed out. */
class Held {
  private readonly all: Value[] = [];

  add(values: readonly Value[]): void {
    this.all.push(...values);
  }

  drop(values: readonly Value[]): void {
    for (const v of this.give(values)) v.release();
  }

  /** Hands values out. */
  give(values: readonly Value[]): Value[] {
    for (const v of values) this.all.splice(this.all.lastIndexOf(v), 1);
    return [...values];
  }

  end(): void {
    for (const v of this.all) v.release();
  }
}

/** Rows that are joined one after the other; four arrays of a size become one as soon as they are there, so that few wait. */
class Rows {
  private readonly levels: { readonly value: Value; readonly size: number }[][] = [];
  private readonly held: Held;
  private readonly join: (list: readonly { readonly value: Value; readonly size: number }[]) => Promise<Value>;

  constructor(held: Held, join: Rows["join"]) {
    this.held = held;
    this.join = join;
  }

  private async joined(
    list: readonly { readonly value: Value; readonly size: number }[],
  ): Promise<{ value: Value; size: number }> {
    const [only] = list;
    if (only !== undefined && list.length === 1) return only;
    const value = await this.join(list);
    this.held.add([value]);
    this.held.drop(list.map((x) => x.value));
    return { value, size: list.reduce((n, x) => n + x.size, 0) };
  }

  async push(value: Value, size: number): Promise<void> {
    let next = { value, size };
    for (let i = 0; ; i++) {
      const level = (this.levels[i] ??= []);
      level.push(next);
      if (level.length < 4) return;
      next = await this.joined(level);
      this.levels[i] = [];
    }
  }

  /** All rows in the order in which they came; null if there are none. */
  async end(): Promise<Value | null> {
    let rest: { value: Value; size: number }[] = [];
    for (const level of this.levels) {
      const list = [...level, ...rest];
      if (list.length > 0) rest = [await this.joined(list)];
    }
    return rest[0]?.value ?? null;
  }
}

const empty = (dtype: DType): Value => Value.of(new dtypes[dtype].array(new ArrayBuffer(0)));

function scan(work: Of<"scan">, types: readonly BufferType[], make: Make): Control {
  const { length, reverse, consts, carries, xs, ys } = work;
  const from = consts + carries;
  const body = make(work.body);
  const rowOf = (b: number): number => (length === 0 ? 0 : (types[b] as BufferType).size / length);
  const programs = [body];
  const kernel = (k: Kernel): Program => {
    const p = make(planOfKernel(k));
    programs.push(p);
    return p;
  };
  const slices = length === 0 ? [] : types.slice(from, from + xs).map((type) => kernel(rowKernel(type, length)));
  const joins = new Map<string, Program>();
  const outputs = types.slice(from + xs + carries, from + xs + carries + ys);
  return {
    programs,
    async run(inputs) {
      const held = new Held();
      try {
        const given = inputs.slice(0, consts);
        let state = inputs.slice(consts, from).map((v) => v.share());
        held.add(state);
        const stacks = outputs.map(({ dtype }) => {
          const join: Rows["join"] = async (list) => {
            const order = reverse ? list.toReversed() : list;
            const sizes = order.map((x) => x.size);
            const key = `${dtype} ${sizes}`;
            let program = joins.get(key);
            if (program === undefined) joins.set(key, (program = kernel(joinKernel(dtype, sizes))));
            return (await program.run(order.map((x) => x.value)))[0] as Value;
          };
          return new Rows(held, join);
        });
        for (let t = 0; t < length; t++) {
          const at = Value.of(Int32Array.of(reverse ? length - 1 - t : t));
          held.add([at]);
          const rows: Value[] = [];
          for (const [i, slice] of slices.entries()) {
            const made = await slice.run([inputs[from + i] as Value, at]);
            held.add(made);
            rows.push(...made);
          }
          const made = await body.run([...given, ...state, ...rows]);
          held.add(made);
          held.drop([at, ...rows, ...state]);
          state = made.slice(0, carries);
          for (const [i, stack] of stacks.entries())
            await stack.push(made[carries + i] as Value, rowOf(from + xs + carries + i));
        }
        const stacked: Value[] = [];
        for (const [i, stack] of stacks.entries())
          stacked.push((await stack.end()) ?? empty((outputs[i] as BufferType).dtype));
        return held.give([...state, ...stacked]);
      } finally {
        held.end();
      }
    },
  };
}

/** The one number of a value: an index or a condition, for which the loop waits. */
const numberOf = async (v: Value, device: Device): Promise<number> =>
  ((await v.array(device)) as HostArray)[0] as number;

function choice({ branches }: Of<"switch">, make: Make, device: Device): Control {
  const programs = branches.map(make);
  return {
    programs,
    async run([index, ...inputs]) {
      const at = Math.min(Math.max(await numberOf(index as Value, device), 0), programs.length - 1);
      return (programs[at] as Program).run(inputs);
    },
  };
}

function loop({ consts, limit, condition, body }: Of<"while">, make: Make, device: Device): Control {
  const [again, step] = [make(condition), make(body)];
  return {
    programs: [again, step],
    async run(inputs) {
      const held = new Held();
      try {
        const given = inputs.slice(0, consts);
        let state = inputs.slice(consts).map((v) => v.share());
        held.add(state);
        for (let t = 0; limit === null || t < limit; t++) {
          const asked = await again.run([...given, ...state]);
          held.add(asked);
          const more = await numberOf(asked[0] as Value, device);
          held.drop(asked);
          if (more === 0) break;
          const next = await step.run([...given, ...state]);
          held.add(next);
          held.drop(state);
          state = next;
        }
        return held.give(state);
      } finally {
        held.end();
      }
    },
  };
}

/** The programs of a loop or a branch; `types` are those of the step's buffers. */
export function control(work: Controlled, types: readonly BufferType[], make: Make, device: Device): Control {
  if (work.kind === "scan") return scan(work, types, make);
  return work.kind === "switch" ? choice(work, make, device) : loop(work, make, device);
}
