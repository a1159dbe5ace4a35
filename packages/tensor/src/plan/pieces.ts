import { part, type Tensor } from "../tensor.ts";
import type { Captured } from "./capture.ts";
import { materialised } from "./group.ts";
import { Kinds } from "./kinds.ts";

/** Nodes of a piece, about: enough that cuts cost nothing, few enough that a piece is planned and compiled in a moment. */
const PIECE = 2048;

/** A part of a graph that is planned on its own; its leaves are leaves of the whole, or values that earlier pieces computed. */
export interface Piece {
  readonly graph: Captured;
  /** Positions in the whole graph of the piece's leaves and of its outputs. */
  readonly leaves: readonly number[];
  readonly outputs: readonly number[];
}

/**
 * A long graph in pieces to be run one after another, so that planning stays linear and a chain that repeats itself is compiled once. Cuts lie
 * between kernels: what crosses one is a value that goes to memory anyway, everything else is computed where it is used, as in a single plan.
 * An output that is asked for several times is several outputs of its piece.
 */
export function pieces(graph: Captured): readonly Piece[] {
  const { nodes, leaves, outputs } = graph;
  if (nodes.length <= 2 * PIECE) return [{ graph, leaves, outputs }];
  const { home, count } = assign(graph);
  const closures = Array.from({ length: count }, (): number[] => []);
  const roots = closures.map((): number[] => []);
  home.forEach((p, n) => {
    if (p >= 0) roots[p]?.push(n);
  });
  // what no piece computes, a leaf or a constant, is copied out by the last one
  const asked = outputs.map((n) => [n, home[n] === -1 ? count - 1 : (home[n] as number)] as const);
  for (const [n, p] of asked) if (home[n] === -1) roots[p]?.push(n);
  const crossing = new Set<number>();
  roots.forEach((list, p) => {
    closures[p] = closure(graph, list, (n) => {
      const outside = (home[n] as number) >= 0 && home[n] !== p;
      if (outside) crossing.add(n);
      return outside;
    });
  });
  const wanted = closures.map((): number[] => []);
  for (const [n, p] of asked) wanted[p]?.push(n);
  return closures
    .map((list, p) => {
      const own = new Set(wanted[p]);
      const passed = (roots[p] as number[]).filter((n) => crossing.has(n) && !own.has(n));
      return pieceOf(graph, list, (n) => home[n] === p || home[n] === -1, [...(wanted[p] as number[]), ...passed]);
    })
    .filter((piece) => piece.outputs.length > 0);
}

/** The piece of every node that goes to memory, in order; -1 for all others. The parts of a node are in its piece. */
function assign(graph: Captured): { home: Int32Array; count: number } {
  const { nodes, inputs, kinds, leaves } = graph;
  const home = new Int32Array(nodes.length).fill(-1);
  const stored = materialised(graph);
  for (const n of [...leaves, ...graph.scalars.keys()]) stored.delete(n);
  let piece = 0;
  let start = 0;
  // Where the first piece ended: ending the others after the same nodes makes the pieces of a repeating graph equal, whatever its period.
  let model = -1;
  nodes.forEach((t, n) => {
    if (!stored.has(n)) return;
    home[n] = t.primitive === part ? (home[(inputs[n] as readonly number[])[0] as number] as number) : piece;
    const length = n + 1 - start;
    if (length < PIECE || (model >= 0 && length < 2 * PIECE && !alike(kinds, n, model))) return;
    if (model < 0) model = n;
    piece++;
    start = n + 1;
  });
  return { home, count: start === nodes.length ? piece : piece + 1 };
}

/** Nodes that are compared to tell one place of a period from another. */
const CONTEXT = 32;

/** True when the nodes that end at `a` are of the kinds of those that end at `b`. */
function alike(kinds: readonly number[], a: number, b: number): boolean {
  for (let i = 0; i < CONTEXT; i++) if (kinds[a - i] !== kinds[b - i]) return false;
  return true;
}

/** What is computed for the given nodes, back to leaves and to nodes `outside` (all included), ascending. */
function closure({ inputs }: Captured, roots: readonly number[], outside: (n: number) => boolean): number[] {
  const seen = new Set(roots);
  const stack = [...roots];
  for (let n = stack.pop(); n !== undefined; n = stack.pop())
    for (const i of inputs[n] as readonly number[]) {
      if (seen.has(i)) continue;
      seen.add(i);
      if (!outside(i)) stack.push(i);
    }
  return [...seen].sort((a, b) => a - b);
}

function pieceOf(whole: Captured, list: readonly number[], inside: (n: number) => boolean, outputs: number[]): Piece {
  const to = new Map(list.map((n, i) => [n, i]));
  const given = new Set(whole.leaves);
  const kindOf = new Kinds();
  const nodes = list.map((n) => whole.nodes[n] as Tensor);
  const leaves = list.filter((n) => given.has(n) || !inside(n));
  const foreign = new Set(leaves);
  return {
    leaves,
    outputs,
    graph: {
      nodes,
      inputs: list.map((n) =>
        foreign.has(n) ? [] : (whole.inputs[n] as readonly number[]).map((i) => to.get(i) as number),
      ),
      kinds: list.map((n, i) =>
        foreign.has(n)
          ? kindOf.leaf((nodes[i] as Tensor).dtype, (nodes[i] as Tensor).shape)
          : (whole.kinds[n] as number),
      ),
      at: { get: (t) => to.get(whole.at.get(t) as number) },
      outputs: outputs.map((n) => to.get(n) as number),
      leaves: leaves.map((n) => to.get(n) as number),
      scalars: new Map(
        list.flatMap((n, i) => (whole.scalars.has(n) ? [[i, whole.scalars.get(n) as number] as const] : [])),
      ),
    },
  };
}
