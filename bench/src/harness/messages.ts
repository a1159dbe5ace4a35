import type { Sample } from "./sample.ts";

export interface Job {
  readonly case: string;
  readonly subject: string;
  readonly threads: number;
}

/** What the parent asks of a measuring process. */
export type Request =
  | { readonly kind: "prepare"; readonly job: Job }
  | { readonly kind: "warm"; readonly ms: number }
  | { readonly kind: "batch"; readonly ms: number };

/** What it answers. */
export type Reply =
  | { readonly kind: "ready"; readonly samples: readonly Sample[]; readonly firstMs: number }
  | { readonly kind: "times"; readonly times: readonly number[] }
  | { readonly kind: "unsupported"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };
