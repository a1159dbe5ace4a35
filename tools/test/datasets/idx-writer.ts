import type { IdxArray, IdxType } from "../../src/datasets/index.ts";

const codes: Readonly<Record<IdxType, [code: number, bytes: number]>> = {
  u8: [8, 1],
  i8: [9, 1],
  i16: [11, 2],
  i32: [12, 4],
  f32: [13, 4],
  f64: [14, 8],
};
const setters: Readonly<Record<IdxType, (view: DataView, at: number, v: number) => void>> = {
  u8: (view, at, v) => view.setUint8(at, v),
  i8: (view, at, v) => view.setInt8(at, v),
  i16: (view, at, v) => view.setInt16(at, v),
  i32: (view, at, v) => view.setInt32(at, v),
  f32: (view, at, v) => view.setFloat32(at, v),
  f64: (view, at, v) => view.setFloat64(at, v),
};

/** The header of an IDX file. */
export function idxHeader(code: number, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length);
  bytes.set([0, 0, code, shape.length]);
  for (const [i, size] of shape.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * i, size);
  return bytes;
}

/** An IDX file, written from the format's description. */
export function encodeIdx({ type, shape, data }: IdxArray): Uint8Array<ArrayBuffer> {
  const [code, size] = codes[type];
  const header = idxHeader(code, shape);
  const bytes = new Uint8Array(header.length + data.length * size);
  bytes.set(header);
  const view = new DataView(bytes.buffer, header.length);
  for (const [i, v] of data.entries()) setters[type](view, i * size, v);
  return bytes;
}

/** The four files of a dataset of 2x3 images, 5 to train on and 2 to test on. */
export const smallFiles: ReadonlyMap<string, Uint8Array<ArrayBuffer>> = new Map(
  (
    [
      ["train", 5],
      ["t10k", 2],
    ] as const
  ).flatMap(([split, n]) => [
    [
      `${split}-images-idx3-ubyte`,
      encodeIdx({ type: "u8", shape: [n, 2, 3], data: Uint8Array.from({ length: n * 6 }, (_, i) => i) }),
    ],
    [
      `${split}-labels-idx1-ubyte`,
      encodeIdx({ type: "u8", shape: [n], data: Uint8Array.from({ length: n }, (_, i) => i % 3) }),
    ],
  ]),
);
