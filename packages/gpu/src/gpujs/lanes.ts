import type { BufferType, Index, Kernel, Term } from "@gradus/tensor";
import { collapse } from "@gradus/tensor/backend";
import { perTexel } from "./layout.ts";
import { replaced, replacedIn, type Tile, unroll } from "./unroll.ts";

/** The kernel with all its loops but those of folds as one, that of the row-major position. */
function flat(kernel: Kernel): Kernel {
  const size = kernel.loops.reduce((a, b) => a * b, 1);
  const position: Term = { coefficient: 1, atom: { kind: "loop", loop: 0, extent: size } };
  const strides = kernel.loops.map((_, l) => kernel.loops.slice(l + 1).reduce((a, b) => a * b, 1));
  const index = (e: Index): Index =>
    replaced(e, (loop, coefficient): Index => {
      const extent = (kernel.loops[loop] ?? kernel.reduce[loop - kernel.loops.length]) as number;
      if (extent === 1) return { constant: 0, terms: [] };
      if (loop >= kernel.loops.length)
        return {
          constant: 0,
          terms: [{ coefficient, atom: { kind: "loop", loop: loop - kernel.loops.length + 1, extent } }],
        };
      const stride = strides[loop] as number;
      let of: Index = { constant: 0, terms: [position] };
      if (stride > 1) of = { constant: 0, terms: [{ coefficient: 1, atom: { kind: "div", of, by: stride } }] };
      if (stride * extent < size)
        of = { constant: 0, terms: [{ coefficient: 1, atom: { kind: "mod", of, by: extent } }] };
      return { constant: 0, terms: of.terms.map((t) => ({ ...t, coefficient })) };
    });
  return {
    ...kernel,
    loops: [size],
    inner: replacedIn(kernel.inner, index),
    outer: replacedIn(kernel.outer, index),
    stores: kernel.stores.map((s) => ({ ...s, index: { constant: 0, terms: [position] } })),
  };
}

/** A kernel whose points store whole texels, from one that stores one element at each point, in row-major order. */
export function texels(kernel: Kernel, terms: readonly Tile[] = []): Kernel {
  const k = terms.length === 0 ? collapse(kernel) : kernel;
  const { buffer } = k.stores[0] as Kernel["stores"][number];
  const { dtype } = k.buffers[buffer] as BufferType;
  const per = perTexel(dtype);
  const used = k.loops.flatMap((n, loop) => (n === 1 ? [] : [{ loop, n }]));
  const last = used.at(-1);
  if (last === undefined) return unroll(k, [], terms);
  const whole = used.length === 1 || last.n % per === 0;
  const own = whole ? k : flat(k);
  const loop = whole ? last.loop : 0;
  return unroll(own, [{ loop, steps: Math.min(per, own.loops[loop] as number) }], terms);
}
