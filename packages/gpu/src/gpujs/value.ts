import { type DType, dtypes, type HostArray } from "@gradus/tensor";
import { f16ToNumber, numberToF16 } from "@gradus/tensor/backend";
import type { Device } from "./device.ts";
import { floatsOf } from "./layout.ts";
import type { Texture } from "./library.ts";

/** Elements as the floats of a texture: integers of 32 bits are two halves, the low one first. */
function encode(data: HostArray): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return Float32Array.from(data, f16ToNumber);
  if (data instanceof Int32Array || data instanceof Uint32Array)
    return new Float32Array(new Uint16Array(data.buffer, data.byteOffset, 2 * data.length));
  return new Float32Array(data);
}

function decode(dtype: DType, floats: Float32Array): HostArray {
  if (dtype === "f32") return floats;
  if (dtype === "f16") return Uint16Array.from(floats, numberToF16);
  if (floatsOf(dtype) === 1) return dtype === "i8" ? new Int8Array(floats) : new Uint8Array(floats);
  return new dtypes[dtype].array(new Uint16Array(floats).buffer, 0, floats.length / 2);
}

/** The value of a buffer: in a texture, in an array, or in both. It does not change. */
export class Value {
  private texture: Texture | null;
  private host: HostArray | null;
  private readonly dtype: DType | null;
  private readonly size: number;
  private owners = 1;

  private constructor(texture: Texture | null, host: HostArray | null, dtype: DType | null, size: number) {
    this.texture = texture;
    this.host = host;
    this.dtype = dtype;
    this.size = size;
  }

  /** Takes over `data`. */
  static of(data: HostArray): Value {
    return new Value(null, data, null, data.length);
  }

  /** Takes over a texture of `size` elements. */
  static in(texture: Texture, dtype: DType, size: number): Value {
    return new Value(texture, null, dtype, size);
  }

  /** Uploads what is not on the device yet. */
  async on(device: Device): Promise<Texture> {
    if (this.texture !== null) return this.texture;
    const host = this.host as HostArray;
    this.texture = await device.toTexture(encode(host));
    return this.texture;
  }

  /** Downloads what is not here yet. The array belongs to this value: copy it before it leaves. */
  async array(device: Device): Promise<HostArray> {
    if (this.host !== null) return this.host;
    const dtype = this.dtype as DType;
    this.host = decode(dtype, await device.toArray(this.texture as Texture, this.size * floatsOf(dtype)));
    return this.host;
  }

  /** The same value for one more owner, who gives it back, too. */
  share(): Value {
    this.owners++;
    return this;
  }

  /** Gives the value back; the last owner frees it. */
  release(): void {
    if (--this.owners > 0) return;
    this.texture?.delete?.();
    this.texture = null;
    this.host = null;
  }
}
