import { type Tensor, tensor } from "@gradus/tensor";

/** Images u8 `[n, 1, 28, 28]` and their labels u8 `[n]`. */
export type Digits = { readonly images: Tensor; readonly labels: Tensor };

/** Images and labels as bytes. */
export interface Bytes {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** What `digits.json` tells about `digits.bin`. */
export interface Manifest {
  /** Images in each part. */
  readonly train: number;
  readonly test: number;
  /** Length of the file. */
  readonly bytes: number;
}

/** Pixels of an image. */
export const PIXELS = 28 * 28;

/** Bytes as tensors; they go along to whichever backend computes with them. */
export const tensors = ({ images, labels }: Bytes): Digits => ({
  images: tensor(images, { shape: [labels.length, 1, 28, 28] }),
  labels: tensor(labels),
});

async function response(name: string): Promise<Response> {
  const answer = await fetch(name).catch(() => null);
  if (answer === null) throw new Error(`${name} cannot be loaded; are you offline?`);
  if (!answer.ok) throw new Error(`${name} cannot be loaded: the server answers ${answer.status}`);
  return answer;
}

/** Loads the digits: one gzipped file with the images and the labels of both parts. `progress` is told the share that has arrived. */
export async function load(progress: (share: number) => void): Promise<{ train: Bytes; test: Bytes }> {
  const { train, test, bytes } = (await (await response("digits.json")).json()) as Manifest;
  let arrived = 0;
  const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, out) {
      arrived += piece.length;
      progress(Math.min(1, arrived / bytes));
      out.enqueue(piece);
    },
  });
  const body = (await response("digits.bin")).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  const unpacked = body.pipeThrough(count).pipeThrough(new DecompressionStream("gzip"));
  const all = new Uint8Array(await new Response(unpacked).arrayBuffer());
  let at = 0;
  const next = (length: number): Uint8Array => all.subarray(at, (at += length));
  const part = (n: number): Bytes => ({ images: next(n * PIXELS), labels: next(n) });
  const digits = { train: part(train), test: part(test) };
  if (at !== all.length) throw new Error(`digits.bin has ${all.length} bytes instead of ${at}; reload the page`);
  return digits;
}
