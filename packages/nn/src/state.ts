import type { Tensor } from "@gradus/tensor";
import { ArgumentError, check, ShapeError, tensor, treeFlatten, treeNames, treeUnflatten } from "@gradus/tensor";
import type { HostTensor } from "./safetensors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/**
 * Path → tensor for every tensor of a tree: PyTorch's `state_dict()`.
 *
 * @param tree - a module, an optimizer's state, or any tree of them
 * @throws {@link ArgumentError} when the tree is a bare tensor, or two tensors share a path
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
 * @throws {@link ArgumentError} naming tensors that are missing, left over, or of another dtype; {@link ShapeError} naming the first of another shape
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

function checkNames(
  op: string,
  wanted: ReadonlyMap<string, Tensor>,
  found: ReadonlyMap<string, Pick<Tensor, "shape" | "dtype">>,
  argument: string,
): void {
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !wanted.has(name));
  if (missing.length + extra.length > 0)
    throw new ArgumentError(`${op}: ${argument}: missing [${missing.join(", ")}], unexpected [${extra.join(", ")}]`);
  for (const [name, { shape, dtype }] of wanted) {
    const got = found.get(name) as Pick<Tensor, "shape" | "dtype">;
    if (shape.length !== got.shape.length || shape.some((d, i) => d !== got.shape[i]))
      throw new ShapeError(`${op}: ${argument}: ${name}: expected [${shape}], got [${got.shape}]`);
    if (dtype !== got.dtype)
      throw new ArgumentError(`${op}: ${argument}: ${name}: expected ${dtype}, got ${got.dtype}; cast it first`);
  }
}

/**
 * The tensors of a tree as a safetensors file, under their paths. Settings are not stored: {@link loadTree} takes them from its template.
 *
 * @param metadata - free text pairs stored beside the tensors
 * @throws as {@link stateDict} does
 * @example
 * ```ts
 * await writeFile("model.safetensors", await saveTree(model, { epochs: "3" }));
 * ```
 */
export async function saveTree(
  tree: unknown,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  check.tree("saveTree", tree, "tree");
  const dict = dictOf("saveTree", tree, "tree");
  if (typeof metadata !== "object" || metadata === null || Object.values(metadata).some((v) => typeof v !== "string"))
    throw new ArgumentError(`saveTree: metadata: expected an object of texts, got ${check.said(metadata)}`);
  const hosts = await Promise.all(
    [...dict].map(
      async ([name, t]): Promise<[string, HostTensor]> => [
        name,
        { dtype: t.dtype, shape: t.shape, data: await t.data() },
      ],
    ),
  );
  return encodeSafetensors(new Map(hosts), new Map(Object.entries(metadata)));
}

/**
 * A tree like `template` with the tensors of a safetensors file, and the file's metadata.
 *
 * @throws {@link FormatError} when the bytes are not a sound safetensors file; else as {@link loadStateDict} does
 * @example
 * ```ts
 * const { tree: model } = loadTree(new Net(key(0)), await readFile("model.safetensors"));
 * ```
 */
export function loadTree<T>(template: T, bytes: Uint8Array): { tree: T; metadata: ReadonlyMap<string, string> } {
  if (!(bytes instanceof Uint8Array))
    throw new ArgumentError(`loadTree: bytes: expected a Uint8Array, got ${check.said(bytes)}`);
  const wanted = dictOf("loadTree", template, "template");
  const { tensors, metadata } = decodeSafetensors(bytes);
  checkNames("loadTree", wanted, tensors, "bytes");
  const dict = new Map([...tensors].map(([name, { data, shape, dtype }]) => [name, tensor(data, { shape, dtype })]));
  return { tree: loadStateDict(template, dict), metadata };
}
