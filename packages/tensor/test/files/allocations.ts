const kinds = [
  "ArrayBuffer",
  "Uint8Array",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
] as const;

/**
 * Bytes that `work` asks of the constructors of buffers and typed arrays while it runs, whether it succeeds or not. The constructors are
 * counted where they are global names, as they are wherever a length comes from a file.
 */
export async function allocatedBy(work: () => unknown): Promise<number> {
  const globals = globalThis as unknown as Record<string, unknown>;
  const real = kinds.map((kind) => [kind, globals[kind]] as const);
  let bytes = 0;
  const counting = {
    construct(Type: new (...args: unknown[]) => ArrayBuffer | Uint8Array, args: unknown[], target: unknown): object {
      const [first] = args;
      const width = (Type as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
      if (typeof first === "number") bytes += first * width;
      else if (!(first instanceof ArrayBuffer || first instanceof SharedArrayBuffer))
        bytes += ((first as ArrayLike<number> | undefined)?.length ?? 0) * width;
      return Reflect.construct(Type, args, target as new () => object);
    },
  };
  for (const [kind, Type] of real)
    globals[kind] = new Proxy(Type as new () => object, counting as ProxyHandler<new () => object>);
  try {
    await work();
  } catch {
    // looked at elsewhere
  } finally {
    for (const [kind, Type] of real) globals[kind] = Type;
  }
  return bytes;
}
