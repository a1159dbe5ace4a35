import * as g from "@gradus/tensor";
import { type Any, gone, i32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import type { Rows } from "./rows.ts";

const { ArgumentError: A, DTypeError: D, DisposedError: X, ShapeError: S } = g;
const key = g.key(0);
const initializers = "kaimingUniform kaimingNormal xavierUniform xavierNormal lecunUniform lecunNormal torchUniform";
/** A draw by an initializer. */
const draw = (f: nn.Initializer): readonly Row[] => [
  [A, "key", () => f(0 as Any, [2, 3])],
  [D, "key", () => f(i32(2), [2, 3])],
  [X, "key", () => f(gone(g.key(0)), [2, 3])],
  [A, "shape", () => f(key, [2, -3])],
  [A, "shape", () => f(key, [2, Number.NaN])],
  [A, "shape", () => f(key, 6 as Any)],
  [D, "dtype", () => f(key, [2, 3], "i32")],
];

/** Initialisers. */
export const initRows: Rows = {
  fans: [
    [S, "shape", () => nn.fans([3])],
    [A, "shape", () => nn.fans([3, -1])],
    [A, "shape", () => nn.fans(3 as Any)],
  ],
  varianceScaling: [
    [A, "scale", () => nn.varianceScaling(0, "in", "normal")],
    [A, "scale", () => nn.varianceScaling(Number.NaN, "in", "normal")],
    [A, "fan", () => nn.varianceScaling(1, "both" as Any, "normal")],
    [A, "distribution", () => nn.varianceScaling(1, "in", "gauss" as Any)],
    [S, "shape", () => nn.varianceScaling(1, "in", "normal")(key, [3])],
    ...draw(nn.varianceScaling(1, "in", "normal")),
  ],
  truncatedNormalInit: [[A, "std", () => nn.truncatedNormalInit(-1)], ...draw(nn.truncatedNormalInit())],
  orthogonal: [
    [A, "gain", () => nn.orthogonal(Number.NaN)],
    [S, "shape", () => nn.orthogonal()(key, [3])],
    ...draw(nn.orthogonal()),
  ],
  zerosInit: draw(nn.zerosInit),
  onesInit: draw(nn.onesInit),
  normalInit: [
    [A, "std", () => nn.normalInit(-1)],
    [A, "std", () => nn.normalInit(Number.NaN)],
    ...draw(nn.normalInit()),
  ],
  ...Object.fromEntries(
    initializers.split(" ").map((name) => {
      const f = (nn as Any)[name] as nn.Initializer;
      return [name, [[S, "shape", () => f(key, [3])], ...draw(f)]];
    }),
  ),
};
