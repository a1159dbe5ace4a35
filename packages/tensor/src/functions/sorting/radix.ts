import { type DType, dtypes, type HostArray } from "../../dtype.ts";

/** Unsigned keys in the order of the values: one word, or two (high, low) for 64-bit elements. */
interface Keys {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** How the elements of a dtype become keys. NaN is the largest key, and 0 and −0 have the same. */
interface Code {
  readonly bits: number;
  readonly view: new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => Uint8Array | Uint16Array | Uint32Array;
  /** Fills `keys`, inverted where `flip` is all ones; true when a key does not tell its element (a −0). */
  encode(bits: ArrayLike<number>, from: number, n: number, keys: Keys, flip: number): boolean;
  /** The bits of an element from its key. */
  decode(key: number): number;
}

/** Floats of 16 or 32 bits: negative ones are inverted, others get the top bit. */
const float = (bits: 16 | 32, infinity: number, view: Code["view"]): Code => {
  const top = 2 ** (bits - 1);
  const all = 2 ** bits - 1;
  const magnitude = all >>> 1;
  return {
    bits,
    view,
    encode(from, start, n, { high }, flip) {
      let lost = false;
      for (let i = 0; i < n; i++) {
        const u = from[start + i] as number;
        const size = u & magnitude;
        if (size === 0 && u !== 0) lost = true;
        const key = size > infinity ? all : size === 0 ? top : u >= top ? ~u & all : u | top;
        high[i] = (key ^ flip) & all;
      }
      return lost;
    },
    decode: (key) =>
      key === all ? infinity | ((infinity & -infinity) >>> 1) : key >>> 0 >= top ? key & magnitude : ~key & all,
  };
};

const integer = (bits: 8 | 32, top: number, view: Code["view"]): Code => {
  const all = 2 ** bits - 1;
  return {
    bits,
    view,
    encode(from, start, n, { high }, flip) {
      for (let i = 0; i < n; i++) high[i] = ((from[start + i] as number) ^ top ^ flip) & all;
      return false;
    },
    decode: (key) => key ^ top,
  };
};

/** Doubles, as pairs of little-endian words; a key never tells its element, since only one of its words is sorted at a time. */
const double: Code = {
  bits: 64,
  view: Uint32Array,
  encode(words, start, n, { high, low }, flip) {
    for (let i = 0; i < n; i++) {
      const l = words[2 * (start + i)] as number;
      const h = words[2 * (start + i) + 1] as number;
      const size = h & 0x7fffffff;
      if (size > 0x7ff00000 || (size === 0x7ff00000 && l !== 0)) {
        high[i] = ~flip;
        low[i] = ~flip;
      } else if (size === 0 && l === 0) {
        high[i] = 0x80000000 ^ flip;
        low[i] = flip;
      } else {
        const sign = h >> 31;
        high[i] = h ^ (sign | 0x80000000) ^ flip;
        low[i] = l ^ sign ^ flip;
      }
    }
    return true;
  },
  decode: (key) => key,
};

const codes: Readonly<Record<DType, Code>> = {
  f64: double,
  f32: float(32, 0x7f800000, Uint32Array),
  f16: float(16, 0x7c00, Uint16Array),
  i32: integer(32, 0x80000000, Uint32Array),
  u32: integer(32, 0, Uint32Array),
  i8: integer(8, 0x80, Uint8Array),
  u8: integer(8, 0, Uint8Array),
  bool: integer(8, 0, Uint8Array),
};

/** Rows shorter than this are sorted by insertion. */
const SHORT = 40;

function insertion(keys: Uint32Array, order: Uint32Array | null, n: number): void {
  for (let i = 1; i < n; i++) {
    const key = keys[i] as number;
    const at = order === null ? 0 : (order[i] as number);
    let j = i - 1;
    for (; j >= 0 && (keys[j] as number) > key; j--) {
      keys[j + 1] = keys[j] as number;
      if (order !== null) order[j + 1] = order[j] as number;
    }
    keys[j + 1] = key;
    if (order !== null) order[j + 1] = at;
  }
}

/** Scratch memory of one sort. */
class Room {
  readonly keys: Uint32Array;
  readonly order: Uint32Array;
  readonly counts = new Uint32Array(4 * 2048);
  constructor(n: number) {
    this.keys = new Uint32Array(n);
    this.order = new Uint32Array(n);
  }
}

/** Sorts `keys` of `bits` bits, and `order` along with them; equal keys stay in order. Digits in which all keys agree cost no pass. */
function sortWords(keys: Uint32Array, order: Uint32Array | null, n: number, bits: number, room: Room): void {
  if (n < SHORT) {
    insertion(keys, order, n);
    return;
  }
  const width = n < 2048 || bits === 8 ? 8 : 11;
  const size = 2 ** width;
  const mask = size - 1;
  const passes = Math.ceil(bits / width);
  const { counts } = room;
  counts.fill(0, 0, passes * size);
  for (let p = 0; p < passes; p++) {
    const [start, shift] = [p * size, p * width];
    for (let i = 0; i < n; i++) (counts[start + (((keys[i] as number) >>> shift) & mask)] as number)++;
  }
  let [from, to] = [keys, room.keys];
  let [fromOrder, toOrder] = [order, order === null ? null : room.order];
  for (let p = 0; p < passes; p++) {
    const start = p * size;
    const shift = p * width;
    if (counts[start + (((from[0] as number) >>> shift) & mask)] === n) continue;
    for (let b = 0, sum = 0; b < size; b++) {
      const c = counts[start + b] as number;
      counts[start + b] = sum;
      sum += c;
    }
    if (fromOrder !== null && toOrder !== null)
      for (let i = 0; i < n; i++) {
        const key = from[i] as number;
        const at = (counts[start + ((key >>> shift) & mask)] as number)++;
        to[at] = key;
        toOrder[at] = fromOrder[i] as number;
      }
    else
      for (let i = 0; i < n; i++) {
        const key = from[i] as number;
        to[(counts[start + ((key >>> shift) & mask)] as number)++] = key;
      }
    [from, to] = [to, from];
    [fromOrder, toOrder] = [toOrder, fromOrder];
  }
  if (from !== keys) {
    keys.set(from.subarray(0, n));
    if (order !== null) order.set((fromOrder as Uint32Array).subarray(0, n));
  }
}

/**
 * Sorts each row of `x` [outer, n] into `values`, and the positions of its elements into `indices`; either may be null. The order is stable, NaN is
 * larger than every number, 0 equals −0. Least-significant-digit radix sort: time grows with n, not n·log n.
 */
export function sortRows(
  dtype: DType,
  outer: number,
  n: number,
  descending: boolean,
  x: HostArray,
  values: HostArray | null,
  indices: Int32Array | null,
): void {
  const { bits, view, encode, decode } = codes[dtype];
  const raw = new view(x.buffer, x.byteOffset, (x.length * dtypes[dtype].bytes) / view.prototype.BYTES_PER_ELEMENT);
  const room = new Room(n);
  const keys: Keys = { high: new Uint32Array(n), low: new Uint32Array(bits === 64 ? n : 0) };
  const order = new Uint32Array(n);
  const flip = descending ? 0xffffffff : 0;
  const all = 2 ** Math.min(bits, 32) - 1;
  const result = values === null || bits === 64 ? null : new view(values.buffer, values.byteOffset, values.length);
  for (let o = 0; o < outer; o++) {
    const start = o * n;
    const lost = encode(raw, start, n, keys, flip);
    if (indices === null && result !== null && !lost) {
      sortWords(keys.high, null, n, bits, room);
      for (let i = 0; i < n; i++) result[start + i] = decode((((keys.high[i] as number) ^ flip) & all) >>> 0);
      continue;
    }
    for (let i = 0; i < n; i++) order[i] = i;
    if (bits === 64) {
      sortWords(keys.low, order, n, 32, room);
      for (let i = 0; i < n; i++) keys.low[i] = keys.high[order[i] as number] as number;
      sortWords(keys.low, order, n, 32, room);
    } else sortWords(keys.high, order, n, bits, room);
    indices?.set(order, start);
    if (values !== null) for (let i = 0; i < n; i++) values[start + i] = x[start + (order[i] as number)] as number;
  }
}
