import type { SavingGraph, Tensor } from "@gradus/tensor";
import { isFloat } from "@gradus/tensor";

/** What Mesa knows: where derivatives read activations. */
export type MesaOp = "linear" | "matmul" | "conv" | "softmax" | "activation" | "norm" | "checkpoint" | "mask";

/** A tensor that derivatives of `op` read. */
export interface Slot {
  readonly op: MesaOp;
  readonly tensor: Tensor;
  /** Also known from this slot: the exponentials under a softmax, as `tensor / by`. */
  readonly exponential?: { readonly tensor: Tensor; readonly by: Tensor };
}

const first = (t: Tensor): Tensor => t.inputs[0] as Tensor;
const named = (t: Tensor, ...names: readonly string[]): boolean => names.includes(t.primitive.name);
const isMap = ({ primitive: { lower } }: Tensor): boolean => lower.kind === "map" || lower.kind === "alias";
/** Elementwise functions that bend: what goes into them is kept, and what they are made of is computed again. */
const bends = ["erf", "tanh", "sigmoid", "expm1"];

/** What `t` is spread from, with factors left aside. */
function source(t: Tensor, constant: (t: Tensor) => boolean): Tensor {
  for (;;) {
    const open = t.inputs.filter((x) => !constant(x));
    if (!isMap(t) || open.length !== 1) return t;
    t = open[0] as Tensor;
  }
}

/** `x` where `t = x − mean(x)`. */
function centred(t: Tensor, constant: (t: Tensor) => boolean): Tensor | null {
  if (!named(t, "sub")) return null;
  const sum = source(t.inputs[1] as Tensor, constant);
  return named(sum, "reduce") && sum.attributes.op === "sum" && first(sum) === first(t) ? first(t) : null;
}

/** `e` and `r` where `t = e · r`, `e = exp(…)` and `r = 1 / Σ e`. */
function normalised(t: Tensor, constant: (t: Tensor) => boolean): readonly [Tensor, Tensor] | null {
  if (!named(t, "mul") || !named(first(t), "exp")) return null;
  const [e, r] = t.inputs as [Tensor, Tensor];
  const sum = source(r, constant);
  return named(sum, "reduce") && sum.attributes.op === "sum" && first(sum) === e ? [e, r] : null;
}

/** Where derivatives of the outputs read activations, inputs first. What depends on inputs alone by elementwise functions is no activation. */
export function slots({ inputs, outputs, nodes }: SavingGraph): Slot[] {
  const inside = new Set(nodes);
  const constant = (t: Tensor): boolean => !inside.has(t);
  // no derivative passes where a gradient stops
  const live = new Set<Tensor>(outputs);
  for (const t of nodes.toReversed())
    if (live.has(t) && !named(t, "stopGradient")) for (const x of t.inputs) live.add(x);
  const flows = new Set<Tensor>(inputs);
  const light = new Set<Tensor>(inputs);
  const roots = new Map<Tensor, Tensor>();
  const found = new Map<Tensor, Slot>();
  const add = (op: MesaOp, tensor: Tensor, more: Partial<Slot> = {}): void => {
    if (inside.has(tensor) && !light.has(tensor) && tensor.parts === null && !found.has(tensor))
      found.set(tensor, { op, tensor, ...more });
  };
  const plain = (t: Tensor): boolean => constant(t) || light.has(t);
  /** Products see their operands flat; before that, heads and channels are apart. */
  const whole = (t: Tensor): Tensor => (named(t, "reshape") ? first(t) : t);
  for (const t of nodes) {
    if (t.inputs.length > 0 && isMap(t) && t.inputs.every(plain)) light.add(t);
    const open = t.inputs.filter((x) => !constant(x));
    const from = new Set(open.map((x) => roots.get(x) ?? x));
    roots.set(t, isMap(t) && from.size === 1 ? ([...from][0] as Tensor) : t);
    if (!named(t, "stopGradient") && open.some((x) => flows.has(x)) && (t.parts !== null || isFloat(t.dtype)))
      flows.add(t);
    if (!live.has(t) || !flows.has(t)) continue;
    const x = centred(t, constant);
    const soft = normalised(t, constant);
    if (named(t, "matmul", "convolution")) {
      const op = named(t, "convolution") ? "conv" : t.inputs.some(plain) ? "linear" : "matmul";
      for (const operand of t.inputs) add(op, op === "conv" ? operand : whole(operand));
    } else if (x !== null) add("norm", x);
    else if (soft !== null) add("softmax", t, { exponential: { tensor: soft[0], by: soft[1] } });
    else if (named(t, ...bends)) add("activation", roots.get(first(t)) ?? first(t));
    else if (named(t, "where")) add("mask", first(t));
    else if (named(t, "checkpoint")) for (const operand of open) add("checkpoint", operand);
  }
  return [...found.values()];
}
