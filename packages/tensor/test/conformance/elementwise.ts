import { type DType, isFloat } from "../../src/dtype.ts";
import { elementwise, select } from "../../src/primitives/elementwise.ts";
import { bitcast, cast } from "../../src/primitives/structure.ts";
import { apply, type Tensor } from "../../src/tensor.ts";
import { make } from "../draw.ts";
import { shapes, under } from "./shapes.ts";
import { all, bits, floats, numbers, slow, type Trial, without } from "./trial.ts";
import { type Domain, edgesOf, type Mix, values } from "./values.ts";

type Op = keyof typeof elementwise;
const ops = (names: string): Op[] => names.split(" ") as Op[];

/** Operations by the dtypes they take. */
const groups: readonly (readonly [readonly Op[], readonly DType[]])[] = [
  [ops("neg abs sign"), numbers],
  [ops("floor ceil round trunc sqrt exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh"), floats],
  [ops("asinh acosh atanh erf sigmoid isnan"), floats],
  [ops("not"), bits],
  [ops("add sub div rem"), numbers],
  [ops("mul max min eq lt le"), all],
  [ops("pow atan2"), floats],
  [ops("and or xor shl shr"), bits],
];
const single = new Set<Op>(
  ops("neg abs sign floor ceil round trunc sqrt exp expm1 log log1p sin cos tan asin acos atan"),
);
for (const op of ops("sinh cosh tanh asinh acosh atanh erf sigmoid isnan not")) single.add(op);
/** Slow functions see one large shape only where vectors come in. */
const laborious = new Set<Op>(ops("erf pow"));

/** Elementwise operations × dtypes × shapes, views and edges. */
export function* elementwiseTrials(): Generator<Trial> {
  for (const [names, dtypes] of groups)
    for (const op of names)
      for (const dtype of dtypes) {
        const domain: Domain = op === "shl" || op === "shr" ? "shift" : "any";
        const run = (...x: Tensor[]): readonly Tensor[] => [apply(elementwise[op], x, null)];
        const args = (draw: (seed: number, domain: Domain) => Tensor): Tensor[] =>
          single.has(op) ? [draw(1, "any")] : [draw(1, "any"), draw(2, domain)];
        for (const { family, shape } of shapes) {
          if (family === "large" && laborious.has(op) && dtype !== "f32") {
            yield without(`${op} ${dtype} ${family}`, slow);
            continue;
          }
          yield { label: `${op} ${dtype} ${family}`, f: () => run(...args((s, d) => values(shape, dtype, s, d))) };
        }
        for (const { view, look } of under([5, 7, 11])) {
          // bool has a width of 1: there is nothing to shift by but 0
          if (domain === "shift" && dtype === "bool" && view === "padded") continue;
          yield {
            label: `${op} ${dtype} ${view}`,
            f: () => run(...args((s, d) => look((shape) => values(shape, dtype, s, d)))),
          };
        }
        // What a local holds between two instructions of one kernel is wider than these dtypes.
        if (dtype === "f16" || dtype === "i8" || dtype === "u8" || dtype === "bool")
          yield {
            label: `${op} ${dtype} widened`,
            f: () =>
              run(...args((s, d) => values([997], dtype, s, d, "edges"))).map((y) =>
                apply(cast, [y], { dtype: "f64" }),
              ),
          };
        // Long enough that every pair of edges meets, at every lane.
        for (const size of [3, 61, 997])
          yield {
            label: `${op} ${dtype} edges of ${size}`,
            f: () => run(...args((s, d) => values([size], dtype, s, d, "edges"))),
          };
      }
  for (const dtype of all) {
    const run = (draw: (seed: number, dtype: DType) => Tensor): readonly Tensor[] => [
      apply(select, [draw(3, "bool"), draw(1, dtype), draw(2, dtype)], null),
    ];
    for (const { family, shape } of shapes)
      yield { label: `where ${dtype} ${family}`, f: () => run((s, d) => values(shape, d, s)) };
    for (const { view, look } of under([5, 7, 11]))
      yield { label: `where ${dtype} ${view}`, f: () => run((s, d) => look((shape) => values(shape, d, s))) };
    yield { label: `where ${dtype} edges`, f: () => run((s, d) => values([61], d, s, "any", "edges")) };
  }
}

const widths: readonly (readonly DType[])[] = [["f64"], ["f32", "i32", "u32"], ["f16"], ["i8", "u8", "bool"]];
/** Where casts round, saturate and wrap: around the ends of every integer dtype, and halfway between two floats of the smaller ones. */
const turns = [
  127,
  128,
  255,
  256,
  32767,
  65519.99,
  65520,
  65535,
  2 ** 24 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
]
  .flatMap((x) => [x - 1, x - 0.5, x, x + 0.5, x + 1])
  .flatMap((x) => [x, -x])
  .concat([
    1 + 2 ** -11,
    1 + 2 ** -11 + 2 ** -40,
    1 + 3 * 2 ** -11,
    1 + 2 ** -24,
    1 + 2 ** -24 + 2 ** -50,
    1e300,
    -1e300,
  ])
  .concat([2 ** -25, 2 ** -25 + 2 ** -60, 3 * 2 ** -25, 2 ** -150, 2 ** -150 + 2 ** -190, 1e-300]);

/** Casts between all dtypes and bitcasts between those of one width. */
export function* castTrials(): Generator<Trial> {
  for (const from of all)
    for (const to of all) {
      if (from === to) continue;
      const forms: [string, typeof cast][] = [["cast", cast]];
      if (widths.some((w) => w.includes(from) && w.includes(to) && to !== "bool")) forms.push(["bitcast", bitcast]);
      for (const [name, primitive] of forms) {
        const run = (x: Tensor): readonly Tensor[] => [apply(primitive, [x], { dtype: to })];
        const label = `${name} ${from} to ${to}`;
        // NaN has many patterns of bits, of which each engine chooses its own.
        const mix: Mix = name === "bitcast" && isFloat(from) ? "plain" : "edges";
        for (const { family, shape } of shapes)
          yield { label: `${label} ${family}`, f: () => run(values(shape, from, 1)) };
        for (const { view, look } of under([5, 7, 11]))
          yield { label: `${label} ${view}`, f: () => run(look((shape) => values(shape, from, 1))) };
        yield { label: `${label} edges`, f: () => run(values([97], from, 1, "any", mix)) };
        if (name === "cast") yield { label: `${label} turns`, f: () => run(make(turns, [turns.length], from)) };
        else if (isFloat(from)) {
          const edges = edgesOf(from, "edges").filter((x) => !Number.isNaN(x));
          yield { label: `${label} edges but for NaN`, f: () => run(make(edges, [edges.length], from)) };
        }
      }
    }
}
