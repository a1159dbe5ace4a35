import type { Storage } from "./backend.ts";
import type { DType, HostArray } from "./dtype.ts";
import { BackendError, DisposedError, TraceError } from "./errors.ts";
import { f16ToNumber } from "./ir/scalar-math.ts";
import { realizeTensors } from "./plan/run.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Elements as they are read: f16 as numbers in a Float32Array, bool as 0 and 1 in a Uint8Array. */
export type Values = Float32Array | Float64Array | Int32Array | Uint32Array | Int8Array | Uint8Array;

/** Nested arrays as `array()` gives them. */
export type NestedValues = number | boolean | NestedValues[];

function ready(op: string, t: Tensor): Tensor {
  if (t.disposed) throw new DisposedError(`${op}: the tensor ${t} was disposed; read it before, or keep it alive`);
  if (t.abstract)
    throw new TraceError(
      `${op}: ${t} is traced by vmap, jit or scan and has no value; return it from the traced function instead`,
    );
  realizeTensors([t]);
  return t;
}

const present = (data: HostArray, dtype: DType): Values =>
  dtype === "f16" ? Float32Array.from(data as Uint16Array, f16ToNumber) : (data as Values);

/** The elements of a tensor as they are stored, f16 as bits: a copy; errors are in the name of `op`. */
export async function readStored(op: string, t: Tensor): Promise<HostArray> {
  const { storage, host, dtype, size } = ready(op, t);
  return host !== null ? host.slice() : (storage as Storage).backend.read(storage as Storage, dtype, size);
}

/** The elements of a tensor, a copy; errors are in the name of `op`. */
export const read = async (op: string, t: Tensor): Promise<Values> => present(await readStored(op, t), t.dtype);

/** Values of a tensor that is computed already, or null on a backend that answers later. */
export function valuesNow({ storage, host, dtype, size }: Tensor): Values | null {
  const data = host ?? storage?.backend.readSync?.(storage, dtype, size) ?? null;
  return data === null ? null : present(data, dtype);
}

/** As {@link read}, at once. */
export function readSync(op: string, t: Tensor): Values {
  const { storage, host, dtype, size } = ready(op, t);
  if (host !== null) return present(host.slice(), dtype);
  const { backend } = storage as Storage;
  if (backend.readSync === undefined)
    throw new BackendError(`${op}: the ${backend.name} backend answers later; await data() instead`);
  return present(backend.readSync(storage as Storage, dtype, size), dtype);
}

/** Row-major values as nested arrays of `shape`. */
export function nested(values: ArrayLike<number>, shape: Shape, dtype: DType): NestedValues {
  let next = 0;
  const build = (axis: number): NestedValues => {
    if (axis === shape.length) return dtype === "bool" ? values[next++] !== 0 : (values[next++] as number);
    return Array.from({ length: shape[axis] as number }, () => build(axis + 1));
  };
  return build(0);
}
