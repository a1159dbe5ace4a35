import type { Special } from "@gradus/tensor";
import { neutral } from "@gradus/tensor/backend";
import { binary } from "./instructions.ts";
import { type Program, program, spread } from "./program.ts";
import { literal, registers } from "./types.ts";

type Of<K extends Special["kind"]> = Extract<Special, { kind: K }>;

const LANES = 64;
/** Elements that one invocation folds between two exchanges. */
const RUN = 8;

/** The column of an invocation, and where its element `j` in the order of travel lies. */
const along = (n: number, inner: number, reverse: boolean): string => `fn place(column: u32, j: u32) -> u32 {
let k = ${reverse ? `${n - 1}u - j` : "j"};
return ((column / ${inner}u) * ${n}u + k) * ${inner}u + column % ${inner}u;
}`;

/** h[j] = a[j]·h[j−1] + b[j]: one invocation for each column. */
export function printRecurrence({ dtype, outer, n, inner, reverse }: Of<"recurrence">): Program {
  const type = registers[dtype];
  const { workgroups, number } = spread(Math.ceil((outer * inner) / LANES));
  const next = binary("add", dtype, dtype, binary("mul", dtype, dtype, "a[i]", "h"), "b[i]");
  return program(
    "recurrence",
    ["a", "b", "out"].map((name, buffer) => ({ buffer, name, type, written: name === "out" })),
    LANES,
    workgroups,
    along(n, inner, reverse),
    `let column = ${number} * ${LANES}u + lane;
if (column >= ${outer * inner}u) { return; }
var h = b[place(column, 0u)];
out[place(column, 0u)] = h;
for (var j = 1u; j < ${n}u; j++) {
let i = place(column, j);
h = ${next};
out[i] = h;
}`,
  );
}

const ops = { sum: "add", prod: "mul", max: "max", min: "min" } as const;

/**
 * A running fold. Where columns are many or short each has one invocation; else a workgroup goes along it, ${LANES * RUN} elements at a time: every
 * invocation folds a run of neighbours, the totals of the runs are folded in turns of doubling distance, and what came before is carried on.
 */
export function printCumulative({ op, dtype, outer, n, inner, reverse }: Of<"cumulative">): Program {
  const type = registers[dtype];
  const columns = outer * inner;
  const fold = (a: string, b: string): string => binary(ops[op], dtype, dtype, a, b);
  const bound = ["x", "out"].map((name, buffer) => ({ buffer, name, type, written: name === "out" }));
  if (n < 2 * LANES || columns >= 16384) {
    const { workgroups, number } = spread(Math.ceil(columns / LANES));
    return program(
      "cumulative",
      bound,
      LANES,
      workgroups,
      along(n, inner, reverse),
      `let column = ${number} * ${LANES}u + lane;
if (column >= ${columns}u) { return; }
var total = x[place(column, 0u)];
out[place(column, 0u)] = total;
for (var j = 1u; j < ${n}u; j++) {
let i = place(column, j);
total = ${fold("total", "x[i]")};
out[i] = total;
}`,
    );
  }
  const { workgroups, number } = spread(columns);
  const zero = literal(dtype, neutral(op, dtype));
  const turns: string[] = [];
  for (let by = 1; by < LANES; by *= 2)
    turns.push(
      `if (lane >= ${by}u) { before = totals[lane - ${by}u]; } else { before = ${zero}; }
workgroupBarrier();
own = ${fold("before", "own")};
totals[lane] = own;
workgroupBarrier();`,
    );
  return program(
    "cumulative",
    bound,
    LANES,
    workgroups,
    `${along(n, inner, reverse)}\nvar<workgroup> totals: array<${type}, ${LANES}>;`,
    `let column = ${number};
if (column >= ${columns}u) { return; }
var carry: ${type} = ${zero};
for (var start = 0u; start < ${n}u; start += ${LANES * RUN}u) {
var run: array<${type}, ${RUN}>;
var own: ${type} = ${zero};
var before: ${type};
let first = start + lane * ${RUN}u;
for (var k = 0u; k < ${RUN}u; k++) {
if (first + k < ${n}u) { own = ${fold("own", "x[place(column, first + k)]")}; }
run[k] = own;
}
totals[lane] = own;
workgroupBarrier();
${turns.join("\n")}
if (lane > 0u) { before = totals[lane - 1u]; } else { before = ${zero}; }
before = ${fold("carry", "before")};
for (var k = 0u; k < ${RUN}u; k++) {
if (first + k < ${n}u) { out[place(column, first + k)] = ${fold("before", "run[k]")}; }
}
carry = ${fold("carry", `totals[${LANES - 1}u]`)};
workgroupBarrier();
}`,
  );
}
