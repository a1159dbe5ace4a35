import * as g from "../../src/index.ts";
import type { Case } from "../cases.ts";

const names = ["segmentSum", "segmentMean", "segmentMax", "segmentMin", "segmentProd", "segmentSoftmax"] as const;

/** What has an empty segment's infinity left out: no difference says anything of it. */
const finite = (name: string, y: g.Tensor, ...segments: number[]): g.Tensor =>
  /M(ax|in)/.test(name) ? g.gather(y, g.tensor(Int32Array.from(segments))) : y;

/** Segments out of order, with an empty one (1) and ids outside. */
export const segmentFunctions: readonly Case[] = [
  ...names.flatMap((name): Case[] => [
    {
      name,
      inputs: [{ shape: [6] }, { shape: [6], dtype: "i32", data: [2, 0, 2, 5, -1, 0] }],
      f: (x, i) => finite(name, g[name](x as g.Tensor, i as g.Tensor, { numSegments: 4 }), 0, 2),
    },
    {
      name: `${name} of rows, sorted`,
      inputs: [{ shape: [4, 2] }],
      f: (x) => {
        const i = g.tensor([0, 0, 0, 2], { dtype: "i32" });
        return finite(name, g[name](x as g.Tensor, i, { numSegments: 3, sorted: true }), 0, 2);
      },
    },
  ]),
  {
    name: "segmentProd with zeros",
    inputs: [{ shape: [5], domain: "small" }],
    f: (x) =>
      g.segmentProd(g.mul(x as g.Tensor, g.tensor([0, 1, 0, 1, 0])), g.tensor([1, 0, 1, 0, 0], { dtype: "i32" }), {
        numSegments: 2,
      }),
  },
];
