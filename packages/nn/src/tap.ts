import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check } from "@gradus/tensor";
import { Module, witnessed } from "./module.ts";
import { near } from "./near.ts";

/** What {@link tap} gives. */
export interface Tapped<Output, Path extends string> {
  /** What the model returns. */
  readonly output: Output;
  /** Path → what the module there returned: the very tensor that the output was computed from. */
  readonly taps: Readonly<Record<Path, Tensor>>;
}

/** What runs at a path: a module, or a function that is a field of one. */
interface Place {
  readonly module: Module;
  readonly name: string | null;
}

function places(x: unknown, path: string, owner: Module | null, found: Map<string, Place>): Map<string, Place> {
  if (x instanceof Module) {
    if (path !== "") found.set(path, { module: x, name: null });
    for (const [name, field] of Object.entries(x)) places(field, join(path, name), x, found);
  } else if (Array.isArray(x)) {
    for (const [i, item] of x.entries()) places(item, join(path, String(i)), null, found);
  } else if (typeof x === "function" && owner !== null) {
    found.set(path, { module: owner, name: path.slice(path.lastIndexOf(".") + 1) });
  } else if (typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype) {
    for (const [name, field] of Object.entries(x)) places(field, join(path, name), null, found);
  }
  return found;
}

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

/**
 * Runs a model and keeps what modules inside it return, found by their paths, without a change to the model. `gradient(y, taps[path])`
 * differentiates by them. Functions that are layers of a {@link Sequential} have paths as well.
 *
 * @param paths - the names of parameters without their last part, such as `"layer4.1.conv2"`
 * @param args - what the model's `call` takes
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} for a path where no module is, naming near ones, or for a module that did not run, or ran more than once
 * @example
 * ```ts
 * const { output, taps } = tap(model, ["features.8"], images);
 * const weights = mean(gradient(sum(output.at(null, 3)), taps["features.8"]), [2, 3]); // Grad-CAM
 * ```
 */
export function tap<M extends Module, const Path extends string>(
  model: M,
  paths: readonly Path[],
  ...args: Parameters<M["forward"]>
): Tapped<ReturnType<M["forward"]>, Path> {
  if (!(model instanceof Module)) throw new ArgumentError(`tap: model: expected a module, got ${check.said(model)}`);
  if (!Array.isArray(paths)) throw new ArgumentError(`tap: paths: expected a list, got ${check.said(paths)}`);
  const known = places(model, "", null, new Map());
  for (const path of paths)
    if (!known.has(path))
      throw new ArgumentError(
        `tap: paths: no module is called ${check.said(path)}; near are ${near(String(path), known.keys()).join(", ")}`,
      );
  const seen = new Map<Path, unknown>();
  const output = witnessed(
    (module, result, name) => {
      for (const path of paths) {
        const place = known.get(path) as Place;
        if (place.module !== module || place.name !== name) continue;
        if (seen.has(path))
          throw new ArgumentError(`tap: paths: ${path} ran more than once; tap what is inside it, or what calls it`);
        seen.set(path, result);
      }
    },
    () => model.call(...args) as ReturnType<M["forward"]>,
  );
  for (const path of paths)
    if (!seen.has(path)) throw new ArgumentError(`tap: paths: ${path} did not run; only modules run by call are seen`);
  return { output, taps: Object.fromEntries(seen) as Record<Path, Tensor> };
}
