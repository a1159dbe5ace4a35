import type { DType, Tensor } from "@gradus/tensor";
import { ArgumentError, check, ShapeError, treeFlatten, treeNames, treeUnflatten } from "@gradus/tensor";
import type { ReadSafetensorsOptions, SinkLike, SourceLike, WriteSafetensorsOptions } from "@gradus/tensor/files";
import { openSafetensors, SafetensorsFile, writeSafetensors } from "@gradus/tensor/files";

/**
 * Path → tensor for every tensor of a tree: PyTorch's `state_dict()`.
 *
 * @param tree - a module, an optimizer's state, or any tree of them
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} when the tree is a bare tensor, or two tensors share a path
 * @example
 * ```ts
 * [...stateDict(model).keys()]; // ["conv1.weight", "conv1.bias", …]
 * ```
 */
export const stateDict = (tree: unknown): Map<string, Tensor> => dictOf("stateDict", tree, "tree");

function dictOf(op: string, tree: unknown, argument: string): Map<string, Tensor> {
  const [leaves] = treeFlatten(tree);
  const dict = new Map<string, Tensor>();
  for (const [i, name] of treeNames(tree).entries()) {
    if (name === "") throw new ArgumentError(`${op}: ${argument}: a bare tensor has no name; put it in an object`);
    if (dict.has(name)) throw new ArgumentError(`${op}: ${argument}: two tensors are called ${name}`);
    dict.set(name, leaves[i] as Tensor);
  }
  return dict;
}

/**
 * A tree like `template` with its tensors replaced by those of `dict`: PyTorch's `load_state_dict`, but pure.
 *
 * @throws {@link @gradus/tensor!index.ArgumentError | ArgumentError} naming tensors that are missing, left over, or of another dtype; {@link @gradus/tensor!index.ShapeError | ShapeError} naming the first of another shape
 * @example
 * ```ts
 * const loaded = loadStateDict(new Net(key(0)), dict);
 * ```
 */
export function loadStateDict<T>(template: T, dict: ReadonlyMap<string, Tensor>): T {
  if (!(dict instanceof Map)) throw new ArgumentError(`loadStateDict: dict: expected a Map, got ${check.said(dict)}`);
  for (const [name, t] of dict) check.tensor("loadStateDict", t, `dict: ${name}`);
  checkNames("loadStateDict", dictOf("loadStateDict", template, "template"), dict, "dict");
  return treeUnflatten<T>(
    treeFlatten(template)[1],
    treeNames(template).map((name) => dict.get(name) as Tensor),
  );
}

type Described = Pick<Tensor, "shape"> & { readonly dtype: DType | null };

function checkNames(
  op: string,
  wanted: ReadonlyMap<string, Tensor>,
  found: ReadonlyMap<string, Described>,
  argument: string,
): void {
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !wanted.has(name));
  if (missing.length + extra.length > 0)
    throw new ArgumentError(`${op}: ${argument}: missing [${missing.join(", ")}], unexpected [${extra.join(", ")}]`);
  for (const [name, { shape, dtype }] of wanted) {
    const got = found.get(name) as Described;
    if (shape.length !== got.shape.length || shape.some((d, i) => d !== got.shape[i]))
      throw new ShapeError(`${op}: ${argument}: ${name}: expected [${shape}], got [${got.shape}]`);
    if (dtype !== got.dtype)
      throw new ArgumentError(
        `${op}: ${argument}: ${name}: expected ${dtype}, got ${got.dtype ?? "a format without a dtype"}; cast it first`,
      );
  }
}

/**
 * Writes the tensors of a tree as a safetensors file, under their paths, one at a time. Settings are not stored: {@link loadTree} takes
 * them from its template.
 *
 * @param to - path (written whole or not at all), `WritableStream`, file handle or any `Sink` of `@gradus/tensor/files`
 * @param options - `metadata`: free text pairs stored beside the tensors; `signal`, `progress`
 * @throws as {@link stateDict} and `writeSafetensors` do
 * @example
 * ```ts
 * await saveTree("model.safetensors", model, { metadata: { epochs: "3" } });
 * ```
 */
export async function saveTree(to: SinkLike, tree: unknown, options: WriteSafetensorsOptions = {}): Promise<void> {
  check.tree("saveTree", tree, "tree");
  await writeSafetensors(to, dictOf("saveTree", tree, "tree"), options);
}

/**
 * A tree like `template` with the tensors of a safetensors file, and the file's metadata. Names, shapes and dtypes are compared before any
 * tensor is read.
 *
 * @param from - path, bytes, `Blob`, file handle, `Source`, or a file that `openSafetensors` opened
 * @param options - `signal`, `progress`; bounds when the file is not open yet
 * @throws `FileError` when it is no sound safetensors file; else as {@link loadStateDict} does
 * @example
 * ```ts
 * const { tree: model } = await loadTree("model.safetensors", new Net(key(0)));
 * ```
 */
export async function loadTree<T>(
  from: SourceLike | SafetensorsFile,
  template: T,
  options: ReadSafetensorsOptions = {},
): Promise<{ tree: T; metadata: ReadonlyMap<string, string> }> {
  const wanted = dictOf("loadTree", template, "template");
  const count = check.integer("[0, ∞)");
  check.options("loadTree", options, {
    signal: check.anything,
    progress: check.callable,
    maxHeaderBytes: count,
    maxTensors: count,
  });
  const { signal, progress, ...limits } = options;
  const long = { ...(signal && { signal }), ...(progress && { progress }) };
  const file =
    from instanceof SafetensorsFile ? from : await openSafetensors(from, { ...limits, ...(signal && { signal }) });
  try {
    checkNames("loadTree", wanted, file.tensors, "from");
    return { tree: loadStateDict(template, await file.readAll(long)), metadata: file.metadata };
  } finally {
    if (file !== from) await file.close();
  }
}
