/** A subject's way to do a case, on its own tensors `T`. The first call of `run` is compared with that of the other subjects. */
export interface Work<T> {
  /** One measured run: all outputs. */
  readonly run: () => readonly T[];
  /** The outputs belong to `run`, which frees them itself. */
  readonly keeps?: boolean;
  /** Outputs in the layout that all subjects agree on, NCHW and OIHW; not measured. */
  readonly canonical?: (outputs: readonly T[]) => readonly T[];
}

/** What the measuring process drives. */
export interface Prepared {
  /** One measured run, finished when it returns or its promise is fulfilled. */
  run(): unknown;
  /** The first run: its outputs on the host. */
  first(): readonly ArrayLike<number>[] | Promise<readonly ArrayLike<number>[]>;
}

/** A subject cannot do a case, and why. */
export class Unsupported extends Error {}
