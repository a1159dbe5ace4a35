import * as g from "@gradus/tensor";
import { type Any, bad, f32, gone, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { input, passed, type Rows } from "./rows.ts";

const { ArgumentError: A, DisposedError: X, ShapeError: S } = g;
const key = g.key(0);

/** A call of a method of `Pass`, in whose name it fails. */
const noting = (call: (pass: nn.Pass) => unknown): (() => unknown) => {
  const pass = new nn.Pass();
  return () => {
    try {
      return call(pass);
    } catch (error) {
      (error as Error).message = (error as Error).message.replace(/^Pass\.\w+: /, "Pass: ");
      throw error;
    }
  };
};
const net = (): nn.Sequential => new nn.Sequential(new nn.Linear(2, 3, { key }), g.relu);

/** Modules made of others, and what runs them. */
export const moduleRows: Rows = {
  Flatten: [
    ...input(() => new nn.Flatten()),
    [A, "start", () => new nn.Flatten(-1)],
    [A, "start", () => new nn.Flatten(Number.NaN)],
    [S, "x", () => new nn.Flatten(2).call(f32(2, 2))],
    [S, "x", () => new nn.Flatten().call(f32())],
  ],
  Sequential: [
    ...input(() => new nn.Sequential(g.relu)),
    ...passed(() => new nn.Sequential(g.relu), f32(2)),
    [A, "layers[0]", () => new nn.Sequential(3 as Any)],
    [A, "layers[1]", () => new nn.Sequential(g.relu, null as Any)],
    [A, "layers[1]", () => new nn.Sequential(g.relu, (() => 3) as Any).call(f32(2))],
  ],
  Residual: [
    ...input(() => new nn.Residual(g.relu)),
    ...passed(() => new nn.Residual(g.relu), f32(2)),
    [A, "body", () => new nn.Residual(1 as Any)],
    [A, "shortcut", () => new nn.Residual(g.relu, 1 as Any)],
    [A, "body", () => new nn.Residual((() => 3) as Any).call(f32(2))],
    [S, "body", () => new nn.Residual((x) => g.sum(x)).call(f32(2))],
  ],
  Parallel: [
    ...input(() => new nn.Parallel([g.relu])),
    ...passed(() => new nn.Parallel([g.relu]), f32(2, 2)),
    [A, "branches", () => new nn.Parallel([])],
    [A, "branches", () => new nn.Parallel(g.relu as Any)],
    [A, "branches[1]", () => new nn.Parallel([g.relu, 1 as Any])],
    [A, "join", () => new nn.Parallel([g.relu], "sum" as Any)],
    [A, "join", () => new nn.Parallel([g.relu], (() => 1) as Any).call(f32(2, 2))],
  ],
  Pass: [
    [A, "options", () => new nn.Pass(null as Any)],
    [A, "training", () => new nn.Pass({ training: 1 as Any })],
    [A, "key", () => new nn.Pass({ key: 0 as Any })],
    [X, "key", () => new nn.Pass({ key: gone(g.key(0)) })],
    [A, "nothing", () => new nn.Pass(bad)],
    [A, "state", noting((pass) => pass.note(1 as Any, f32()))],
    [A, "next", noting((pass) => pass.note(f32(), 1 as Any))],
    [A, "next", noting((pass) => pass.note(f32(), f32(1)))],
    [X, "model.w", noting((pass) => pass.updated({ w: gone(f32()) }))],
    [
      A,
      "model",
      noting((pass) => {
        pass.note(f32(), f32());
        pass.updated(net());
      }),
    ],
  ] satisfies Row[],
  checkpointed: [
    [A, "module", () => nn.checkpointed(g.relu as Any, f32(2))],
    [A, "module", () => nn.checkpointed(null as Any)],
  ],
  tap: [
    [A, "model", () => nn.tap(g.relu as Any, [], f32(2))],
    [A, "paths", () => nn.tap(net(), "0" as Any, f32(2))],
    [A, "paths", () => nn.tap(net(), ["2"], f32(2))],
    [A, "paths", () => nn.tap(net(), [3 as Any], f32(2))],
  ],
};
