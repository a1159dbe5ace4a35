import { checkTensor } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { show, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { equal } from "./comparison.ts";
import { contractionPath, type EinsumPath } from "./einsum-path.ts";
import { iota } from "./iota.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { where } from "./selection.ts";
import { permute, reshape, squeeze } from "./shaping.ts";

/** A tensor whose axes have names. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** Operands under names, and the names of the result. */
interface Parsed {
  readonly named: readonly Named[];
  readonly out: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Einstein's summation: axes with one letter are multiplied along each other; letters that are not in the result are summed. Without `->` the result
 * has the letters that occur once, in alphabetic order. `...` stands for further axes, which broadcast; they come first in a result that is not given. Each pair of
 * operands is one matrix product; the order of several is that of {@link einsumPath}.
 *
 * ```ts
 * einsum("bij,bjk->bik", a, b);   // batched matrix product
 * einsum("...ij,...jk", a, b);    // with any leading axes
 * einsum("ii", a);                // trace
 * ```
 * Throws ArgumentError for a bad subscript, ShapeError when ranks or the sizes of one letter differ.
 */
export function einsum(subscripts: string, ...operands: readonly Tensor[]): Tensor {
  const { named, out, sizes } = parse("einsum", subscripts, operands);
  // of one or two there is one order
  const path =
    named.length === 1
      ? []
      : named.length === 2
        ? [[0, 1] as const]
        : contractionPath(
            named.map((t) => t.labels),
            out,
            sizes,
          ).path;
  let live = [...named];
  for (const [i, j] of path) {
    const others = live.filter((_, k) => k !== i && k !== j);
    const needed = new Set([...out, ...others.flatMap((t) => t.labels)]);
    live = [...others, contract(live[i] as Named, live[j] as Named, needed, sizes)];
  }
  const result = keep(live[0] as Named, new Set(out));
  return permute(
    result.x,
    out.map((l) => result.labels.indexOf(l)),
  );
}

/**
 * The order in which {@link einsum} contracts its operands: that of the fewest multiplications, over all orders up to 6 operands, and greedily beyond. Nothing is
 * computed.
 *
 * ```ts
 * einsumPath("ij,jk,k->i", a, b, v).path; // [[1, 2], [0, 1]]
 * ```
 * Throws as einsum.
 */
export function einsumPath(subscripts: string, ...operands: readonly Tensor[]): EinsumPath {
  const { named, out, sizes } = parse("einsumPath", subscripts, operands);
  return contractionPath(
    named.map((t) => t.labels),
    out,
    sizes,
  );
}

/** The axes that `...` stands for, named from the right by signs that are no letters. */
const hidden = (count: number): string[] => Array.from({ length: count }, (_, i) => String(count - 1 - i));

function parse(op: string, subscripts: string, operands: readonly Tensor[]): Parsed {
  if (typeof subscripts !== "string" || !/^[a-zA-Z, .]*(->[a-zA-Z .]*)?$/.test(subscripts))
    throw new ArgumentError(`${op}: subscripts: ${said(subscripts)} is not of the form "ij,jk->ik"`);
  const [left = "", right] = subscripts.replaceAll(" ", "").split("->");
  const texts = left.split(",");
  for (const text of [...texts, right ?? ""])
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(text))
      throw new ArgumentError(`${op}: subscripts: "${text}" has dots that are no single "..."`);
  if (operands.length === 0 || texts.length !== operands.length)
    throw new ArgumentError(`${op}: operands: "${subscripts}" names ${texts.length}, got ${operands.length}`);
  const sizes = new Map<string, number>();
  let most = 0;
  const terms = operands.map((x, i) => {
    checkTensor(op, x, `operands[${i}]`);
    const text = texts[i] as string;
    const dots = text.includes("...");
    const rest = dots ? x.rank - text.length + 3 : 0;
    if (rest < 0 || (!dots && text.length !== x.rank))
      throw new ShapeError(
        `${op}: operands[${i}]: "${text}" names ${text.length - (dots ? 3 : 0)} axes of ${show(x.shape)}`,
      );
    most = Math.max(most, rest);
    const [before = "", after = ""] = text.split("...");
    return [...before, ...hidden(rest), ...after];
  });
  operands.forEach((x, i) => {
    (terms[i] as string[]).forEach((l, axis) => {
      const n = x.shape[axis] as number;
      const known = sizes.get(l) ?? n;
      // axes of "..." broadcast
      if (known !== n && !(l < "A" && (n === 1 || known === 1)))
        throw new ShapeError(`${op}: operands[${i}]: axis ${l} has size ${n}, elsewhere ${known}`);
      sizes.set(l, known === 1 ? n : known);
    });
  });
  const all = terms.flat();
  const letters = (): string[] => [...new Set(all)].filter((l) => l >= "A" && all.filter((m) => m === l).length === 1);
  const [before = "", after = ""] = right?.split("...") ?? [];
  const out =
    right === undefined
      ? [...hidden(most), ...letters().sort()]
      : [...before, ...(right.includes("...") ? hidden(most) : []), ...after];
  out.forEach((l, i) => {
    if (!sizes.has(l) || out.indexOf(l) !== i)
      throw new ArgumentError(
        `${op}: subscripts: "${l}" in the result is ${sizes.has(l) ? "named twice" : "no axis of an operand"}`,
      );
  });
  const named = operands.map((x, i): Named => {
    const labels = terms[i] as string[];
    // an axis of size 1 that broadcasts is left out
    const narrow = labels.flatMap((l, axis) => (x.shape[axis] !== sizes.get(l) ? [axis] : []));
    return diagonal({ x: squeeze(x, narrow), labels: labels.filter((_, axis) => !narrow.includes(axis)) });
  });
  return { named, out, sizes };
}

/** Takes the elements whose positions along axes of one name agree. */
function diagonal({ x, labels }: Named): Named {
  const second = labels.findIndex((l, i) => labels.indexOf(l) !== i);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second] as string);
  const same = equal(iota(x.shape, { axis: first, dtype: "i32" }), iota(x.shape, { axis: second, dtype: "i32" }));
  return diagonal({ x: sum(where(same, x, 0), second), labels: labels.filter((_, i) => i !== second) });
}

/** Sums over the axes that nobody asks for. */
function keep({ x, labels }: Named, wanted: ReadonlySet<string>): Named {
  const gone = labels.flatMap((l, i) => (wanted.has(l) ? [] : [i]));
  return gone.length === 0 ? { x, labels } : { x: sum(x, gone), labels: labels.filter((l) => wanted.has(l)) };
}

function contract(a: Named, b: Named, wanted: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Named {
  const p = keep(a, new Set([...wanted, ...b.labels]));
  const q = keep(b, new Set([...wanted, ...a.labels]));
  const shared = p.labels.filter((l) => q.labels.includes(l));
  const [batch, inner] = [shared.filter((l) => wanted.has(l)), shared.filter((l) => !wanted.has(l))];
  const [rows, columns] = [p.labels.filter((l) => !shared.includes(l)), q.labels.filter((l) => !shared.includes(l))];
  const size = (labels: readonly string[]): number => sizeOf(labels.map((l) => sizes.get(l) as number));
  const order = (t: Named, ...groups: readonly (readonly string[])[]): Tensor =>
    reshape(
      permute(
        t.x,
        groups.flat().map((l) => t.labels.indexOf(l)),
      ),
      groups.map(size),
    );
  const labels = [...batch, ...rows, ...columns];
  const x = matmul(order(p, batch, rows, inner), order(q, batch, inner, columns));
  return {
    x: reshape(
      x,
      labels.map((l) => sizes.get(l) as number),
    ),
    labels,
  };
}
