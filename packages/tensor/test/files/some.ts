import fc from "fast-check";
import { type DType, dtypes } from "../../src/dtype.ts";
import { MemorySink, type SinkLike } from "../../src/files/index.ts";
import { readStored } from "../../src/read.ts";
import { hostTensor, type Tensor } from "../../src/tensor.ts";

/** A tensor with any bits whatever: NaN payloads, -0, subnormals. */
export const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...(Object.keys(dtypes) as DType[])), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([dtype, shape]) => {
    const bytes = shape.reduce((a, b) => a * b, 1) * dtypes[dtype].bytes;
    return fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((raw) => {
      const own = Uint8Array.from(raw, (v) => (dtype === "bool" ? v % 2 : v));
      return hostTensor(new dtypes[dtype].array(own.buffer), shape, dtype);
    });
  });

/** Names with anything that Unicode has. */
export const names: fc.Arbitrary<string> = fc
  .string({ unit: "binary", maxLength: 8 })
  .filter((s) => s.isWellFormed() && s !== "__metadata__");

/** dtype, shape and bytes of a tensor. */
export async function bitsOf(t: Tensor): Promise<{ dtype: DType; shape: readonly number[]; bytes: number[] }> {
  const data = await readStored("bitsOf", t);
  return { dtype: t.dtype, shape: t.shape, bytes: [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] };
}

export async function allBits(all: ReadonlyMap<string, Tensor>): Promise<[string, unknown][]> {
  const list: [string, unknown][] = await Promise.all([...all].map(async ([name, t]) => [name, await bitsOf(t)]));
  return list.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** What `write` writes. */
export async function written(write: (to: SinkLike) => Promise<void>): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  await write(sink);
  return sink.bytes();
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, "base64"));

/** A safetensors file by hand, independent of the writer. */
export function safetensorsOf(header: unknown, data: readonly number[] = []): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** An entry of its header. */
export const entryOf = (dtype: string, shape: unknown, begin: number, end: number): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** An .npy file by hand, independent of the writer. */
export function npyOf(header: string, data: readonly number[] = [], version = [1, 0]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const length =
    version[0] === 1
      ? [text.length & 255, text.length >> 8]
      : [text.length & 255, (text.length >> 8) & 255, text.length >> 16, 0];
  return Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), ...version, ...length, ...text, ...data);
}
