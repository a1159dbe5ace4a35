import type { Tensor } from "@gradus/tensor";
import { ArgumentError, ShapeError, tensor, treeFlatten, treeNames, treeUnflatten } from "@gradus/tensor";
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
export function stateDict(tree: unknown): Map<string, Tensor> {
  const [leaves] = treeFlatten(tree);
  const dict = new Map<string, Tensor>();
  for (const [i, name] of treeNames(tree).entries()) {
    if (name === "") throw new ArgumentError("stateDict: tree: a bare tensor has no name; put it in an object");
    if (dict.has(name)) throw new ArgumentError(`stateDict: tree: two tensors are called ${name}`);
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
  checkNames(stateDict(template), dict);
  return treeUnflatten<T>(
    treeFlatten(template)[1],
    treeNames(template).map((name) => dict.get(name) as Tensor),
  );
}

function checkNames(
  wanted: ReadonlyMap<string, Tensor>,
  found: ReadonlyMap<string, Pick<Tensor, "shape" | "dtype">>,
): void {
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !wanted.has(name));
  if (missing.length + extra.length > 0)
    throw new ArgumentError(`loadStateDict: dict: missing [${missing.join(", ")}], unexpected [${extra.join(", ")}]`);
  for (const [name, { shape, dtype }] of wanted) {
    const got = found.get(name) as Pick<Tensor, "shape" | "dtype">;
    if (shape.length !== got.shape.length || shape.some((d, i) => d !== got.shape[i]))
      throw new ShapeError(`loadStateDict: ${name}: expected [${shape}], got [${got.shape}]`);
    if (dtype !== got.dtype)
      throw new ArgumentError(`loadStateDict: ${name}: expected ${dtype}, got ${got.dtype}; cast it first`);
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
  const dict = stateDict(tree);
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
  const { tensors, metadata } = decodeSafetensors(bytes);
  checkNames(stateDict(template), tensors);
  const dict = new Map([...tensors].map(([name, { data, shape, dtype }]) => [name, tensor(data, { shape, dtype })]));
  return { tree: loadStateDict(template, dict), metadata };
}
