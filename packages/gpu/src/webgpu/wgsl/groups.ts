import type { Index, Kernel } from "@gradus/tensor";
import { addIndex, collapse, scaleIndex } from "@gradus/tensor/backend";
import { loop, onLoops } from "../parts/kernels.ts";

/** A loop that indices also divide: into how many equal parts. */
interface Divided {
  readonly loop: number;
  readonly by: number;
}

function* dividedIn(e: Index): Generator<Divided> {
  for (const { atom } of e.terms) {
    if (atom.kind !== "div" && atom.kind !== "mod") continue;
    const [only] = atom.of.terms;
    if (atom.of.terms.length === 1 && atom.of.constant === 0 && only?.coefficient === 1 && only.atom.kind === "loop") {
      if (only.atom.extent % atom.by === 0) yield { loop: only.atom.loop, by: atom.by };
    } else yield* dividedIn(atom.of);
  }
}

/** The kernel with loop `l` as two, the inner one of `by` steps. */
function apart(kernel: Kernel, { loop: l, by }: Divided): Kernel {
  const { contraction: _, ...plain } = kernel;
  const count = (kernel.loops[l] as number) / by;
  const both = addIndex(scaleIndex(loop(l, count), by), loop(l + 1, by));
  return {
    ...plain,
    loops: kernel.loops.toSpliced(l, 1, count, by),
    ...onLoops(kernel, (k, extent) => (k === l ? both : loop(k > l ? k + 1 : k, extent))),
  };
}

/** The same kernel with loops that fit it: the channels of a grouped convolution are two loops, groups and channels, and loops that run as one are one. */
export function fitted(kernel: Kernel): Kernel {
  if (kernel.accumulators.length === 0) return kernel;
  let fit = kernel;
  for (let i = 0; i < 4; i++) {
    const found = fit.inner
      .flatMap((x) => ("index" in x ? [x.index] : []))
      .flatMap((e) => [...dividedIn(e)])
      .find(({ loop, by }) => by > 1 && loop < fit.loops.length && by < (fit.loops[loop] as number));
    if (found === undefined) break;
    fit = apart(fit, found);
  }
  return collapse(fit);
}
