/** What a device takes at most; see https://gpuweb.github.io/gpuweb/#limits. */
export interface Limits {
  /** Bytes of one buffer. */
  readonly buffer: number;
  /** Bytes of a buffer that one shader sees. */
  readonly binding: number;
  /** What the offset of such bytes is a multiple of. */
  readonly alignment: number;
  /** Buffers that one shader sees. */
  readonly operands: number;
  /** Workgroups along one dimension of a dispatch. */
  readonly workgroups: number;
}

/** The limits of a device. A shader counts elements in 32 bits with a sign, so it never sees more than 2 GiB. */
export const limitsOf = ({ limits }: GPUDevice): Limits => ({
  buffer: limits.maxBufferSize,
  binding: Math.min(limits.maxStorageBufferBindingSize, 2 ** 31 - 4),
  alignment: limits.minStorageBufferOffsetAlignment,
  operands: limits.maxStorageBuffersPerShaderStage,
  workgroups: limits.maxComputeWorkgroupsPerDimension,
});

/** `groups` workgroups in up to three dimensions; null where they are too many. Some may be too much, at the end. */
export function folded(groups: number, most: number): readonly [number, number, number] | null {
  const layers = Math.ceil(groups / most ** 2);
  const rows = Math.ceil(groups / layers / most);
  return layers > most ? null : [Math.ceil(groups / layers / rows), rows, layers];
}
