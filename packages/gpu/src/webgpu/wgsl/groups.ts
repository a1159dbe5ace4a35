import type { Index, Instruction, Kernel } from "@gradus/tensor";
import { addIndex, collapse, divIndex, modIndex, scaleIndex } from "@gradus/tensor/backend";

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

const indicesOf = (x: Instruction): Index[] => [
  ...("index" in x ? [x.index] : []),
  ...("guards" in x ? x.guards.map((g) => g.of) : []),
];

/** The kernel with loop `loop` as two, the inner one of `by` steps. */
function apart(kernel: Kernel, { loop, by }: Divided): Kernel {
  const { contraction: _, ...plain } = kernel;
  const count = (kernel.loops[loop] as number) / by;
  const one = (l: number, extent: number): Index => ({
    constant: 0,
    terms: [{ coefficient: 1, atom: { kind: "loop", loop: l, extent } }],
  });
  const both = addIndex(scaleIndex(one(loop, count), by), one(loop + 1, by));
  const mapped = (e: Index): Index =>
    e.terms.reduce<Index>(
      (sum, { coefficient, atom }) => {
        const whole = (): Index => {
          if (atom.kind === "value") return { constant: 0, terms: [{ coefficient: 1, atom }] };
          if (atom.kind === "loop")
            return atom.loop === loop ? both : one(atom.loop > loop ? atom.loop + 1 : atom.loop, atom.extent);
          return (atom.kind === "div" ? divIndex : modIndex)(mapped(atom.of), atom.by);
        };
        return addIndex(sum, scaleIndex(whole(), coefficient));
      },
      { constant: e.constant, terms: [] },
    );
  const list = (xs: readonly Instruction[]): Instruction[] =>
    xs.map((x) => ({
      ...x,
      ...("index" in x ? { index: mapped(x.index) } : {}),
      ...("guards" in x ? { guards: x.guards.map((g) => ({ ...g, of: mapped(g.of) })) } : {}),
    }));
  return {
    ...plain,
    loops: [...kernel.loops.slice(0, loop), count, by, ...kernel.loops.slice(loop + 1)],
    inner: list(kernel.inner),
    outer: list(kernel.outer),
    stores: kernel.stores.map((s) => ({ ...s, index: mapped(s.index) })),
  };
}

/** The same kernel with loops that fit it: the channels of a grouped convolution are two loops, groups and channels, and loops that run as one are one. */
export function fitted(kernel: Kernel): Kernel {
  if (kernel.accumulators.length === 0) return kernel;
  let fit = kernel;
  for (let i = 0; i < 4; i++) {
    const found = fit.inner
      .flatMap(indicesOf)
      .flatMap((e) => [...dividedIn(e)])
      .find(({ loop, by }) => by > 1 && loop < fit.loops.length && by < (fit.loops[loop] as number));
    if (found === undefined) break;
    fit = apart(fit, found);
  }
  return collapse(fit);
}
