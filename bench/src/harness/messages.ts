import type { Sample } from "./sample.ts";

export interface Job {
  readonly case: string;
  readonly subject: string;
  readonly threads: number;
}

/** What a run on WebGPU asks of the device. */
export interface GpuWork {
  /** Submissions with kernels in them. */
  readonly submissions: number;
  readonly kernels: number;
  /** Submissions that only copy, as those of reading are. */
  readonly copies: number;
}

/** What the parent asks of a measuring process. */
export type Request =
  | { readonly kind: "prepare"; readonly job: Job }
  | { readonly kind: "warm"; readonly ms: number }
  | { readonly kind: "batch"; readonly ms: number }
  | { readonly kind: "count" };

/** What it answers. */
export type Reply =
  | { readonly kind: "ready"; readonly samples: readonly Sample[]; readonly firstMs: number }
  | { readonly kind: "times"; readonly times: readonly number[] }
  | { readonly kind: "work"; readonly work: GpuWork }
  | { readonly kind: "unsupported"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };
