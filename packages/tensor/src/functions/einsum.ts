import { checkTensor } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { said } from "../said.ts";
import { show, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { equal } from "./comparison.ts";
import { iota } from "./iota.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduction.ts";
import { where } from "./selection.ts";
import { permute, reshape } from "./shaping.ts";

/** A tensor whose axes have names. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein's summation: axes with one letter are multiplied along each other; letters that are not in the result are summed. Without `->` the result
 * has the letters that occur once, in alphabetic order. Operands are contracted from left to right, each pair as one matrix product.
 *
 * ```ts
 * einsum("bij,bjk->bik", a, b); // batched matrix product
 * einsum("ii", a);              // trace
 * ```
 * Throws ArgumentError for a bad subscript, ShapeError when ranks or the sizes of one letter differ.
 */
export function einsum(subscripts: string, ...operands: readonly Tensor[]): Tensor {
  if (typeof subscripts !== "string" || !/^[a-zA-Z, ]*(->[a-zA-Z ]*)?$/.test(subscripts))
    throw new ArgumentError(`einsum: subscripts: ${said(subscripts)} is not of the form "ij,jk->ik"`);
  const [left = "", right] = subscripts.replaceAll(" ", "").split("->");
  const terms = left.split(",").map((t) => [...t]);
  if (operands.length === 0 || terms.length !== operands.length)
    throw new ArgumentError(`einsum: operands: "${subscripts}" names ${terms.length}, got ${operands.length}`);
  const sizes = new Map<string, number>();
  operands.forEach((x, i) => {
    checkTensor("einsum", x, `operands[${i}]`);
    const term = terms[i] as string[];
    if (term.length !== x.rank)
      throw new ShapeError(`einsum: operands[${i}]: "${term.join("")}" names ${term.length} axes of ${show(x.shape)}`);
    term.forEach((l, axis) => {
      const n = x.shape[axis] as number;
      if ((sizes.get(l) ?? n) !== n)
        throw new ShapeError(`einsum: operands[${i}]: axis ${l} has size ${n}, elsewhere ${sizes.get(l)}`);
      sizes.set(l, n);
    });
  });
  const all = terms.flat();
  const out =
    right === undefined ? [...new Set(all)].filter((l) => all.filter((m) => m === l).length === 1).sort() : [...right];
  out.forEach((l, i) => {
    if (!sizes.has(l) || out.indexOf(l) !== i)
      throw new ArgumentError(
        `einsum: subscripts: "${l}" in the result is ${sizes.has(l) ? "named twice" : "no axis of an operand"}`,
      );
  });
  const needed = (from: number): Set<string> => new Set([...out, ...terms.slice(from).flat()]);
  const named = operands.map((x, i) => diagonal({ x, labels: terms[i] as string[] }));
  let result = named[0] as Named;
  named.slice(1).forEach((next, i) => {
    result = contract(result, next, needed(i + 2), sizes);
  });
  result = keep(result, new Set(out));
  return permute(
    result.x,
    out.map((l) => result.labels.indexOf(l)),
  );
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
