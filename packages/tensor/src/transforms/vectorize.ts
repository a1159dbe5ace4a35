import { callable, checkTensor } from "../check.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { broadcastTo, reshape } from "../functions/shaping.ts";
import { said } from "../said.ts";
import { broadcastShapes, type Shape, show, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { treeMap } from "../tree.ts";
import { vmap } from "./vmap.ts";

/**
 * `f`, written for arguments of few axes, over all further leading axes, which broadcast. The signature names the axes that f sees of each argument, as in NumPy's
 * generalised ufuncs: `"(n,m),(m)->(n)"`; sizes of one name must be equal. What stands after the arrow is for the reader.
 *
 * @throws {@link ArgumentError} for a bad signature or another number of arguments, {@link ShapeError} when axes are missing, sizes of one name differ or leading
 * axes do not broadcast
 * @example
 * ```ts
 * const angles = vectorize((a: Tensor, b: Tensor) => dot(a, b), "(n),(n)->()");
 * angles(ones([5, 1, 3]), ones([4, 3])); // [5, 4]
 * ```
 */
export function vectorize<A extends readonly Tensor[], R>(f: (...args: A) => R, signature: string): (...args: A) => R {
  callable("vectorize", f, "f");
  const text = typeof signature === "string" ? signature.replaceAll(" ", "") : "";
  if (!/^\([\w,]*\)(,\([\w,]*\))*(->.*)?$/.test(text))
    throw new ArgumentError(`vectorize: signature: ${said(signature)} is not of the form "(n,m),(m)->(n)"`);
  const cores = [...(text.split("->")[0] as string).matchAll(/\(([^)]*)\)/g)].map(([, axes]) =>
    (axes as string).split(",").filter(Boolean),
  );
  return (...args) => {
    if (args.length !== cores.length)
      throw new ArgumentError(`vectorize: arguments: the signature names ${cores.length}, got ${args.length}`);
    const sizes = new Map<string, number>();
    let lead: Shape = [];
    args.forEach((x, i) => {
      const name = `argument ${i}`;
      checkTensor("vectorize", x, name);
      const core = cores[i] as string[];
      if (x.rank < core.length)
        throw new ShapeError(`vectorize: ${name}: expected the axes (${core}), got ${show(x.shape)}`);
      const outer = x.rank - core.length;
      core.forEach((axis, k) => {
        const n = x.shape[outer + k] as number;
        if ((sizes.get(axis) ?? n) !== n)
          throw new ShapeError(`vectorize: ${name}: axis ${axis} has size ${n}, elsewhere ${sizes.get(axis)}`);
        sizes.set(axis, n);
      });
      lead = broadcastShapes("vectorize", lead, x.shape.slice(0, outer), ["leading axes", name]);
    });
    if (lead.length === 0) return f(...args);
    const batch = args.map((x, i) => {
      const core = x.shape.slice(x.rank - (cores[i] as string[]).length);
      return reshape(broadcastTo(x, [...lead, ...core]), [sizeOf(lead), ...core]);
    });
    return treeMap((y: Tensor) => reshape(y, [...lead, ...y.shape.slice(1)]), vmap(f)(...(batch as unknown as A))) as R;
  };
}
