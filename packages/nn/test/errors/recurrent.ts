import * as g from "@gradus/tensor";
import { type Any, bad, f32, type Row } from "../../../tensor/test/errors/row.ts";
import * as nn from "../../src/index.ts";
import { floats, keyed, type Rows } from "./rows.ts";

const { ArgumentError: A, ShapeError: S } = g;
const key = g.key(0);
const x = f32(2, 3, 4);

const network = (make: new (inputs: Any, hidden: Any, options: Any) => nn.Module): Row[] => [
  ...floats(() => new make(4, 2, { key })),
  ...keyed((options) => new make(4, 2, options)),
  [A, "inputs", () => new make(0, 2, { key })],
  [A, "hidden", () => new make(4, 0.5, { key })],
  [A, "layers", () => new make(4, 2, { key, layers: 0 })],
  [A, "bidirectional", () => new make(4, 2, { key, bidirectional: 1 })],
  [A, "dropout", () => new make(4, 2, { key, dropout: 1 })],
  [A, "bias", () => new make(4, 2, { key, bias: null })],
  [S, "x", () => new make(4, 2, { key }).call(f32(2, 3, 3))],
  [S, "x", () => new make(4, 2, { key }).call(f32(3, 4))],
  [A, "first.hidden", () => new make(4, 2, { key }).call(x, {})],
  [S, "first.hidden", () => new make(4, 2, { key }).call(x, { hidden: f32(2, 2), cell: f32(1, 2, 2) })],
  [A, "nothing", () => new make(4, 2, { key }).call(x, { hidden: f32(1, 2, 2), cell: f32(1, 2, 2), ...bad })],
  [A, "pass", () => new make(4, 2, { key }).call(x, undefined, 1)],
];

/** Recurrent networks. */
export const recurrentRows: Rows = {
  RNN: [
    ...network(nn.RNN).filter(([, name]) => name !== "nothing" && name !== "first.hidden"),
    [A, "nothing", () => new nn.RNN(4, 2, { key, ...bad })],
    [A, "nothing", () => new nn.RNN(4, 2, { key }).call(x, { hidden: f32(1, 2, 2), ...bad })],
    [S, "first.hidden", () => new nn.RNN(4, 2, { key }).call(x, { hidden: f32(2, 2) })],
    [A, "nonlinearity", () => new nn.RNN(4, 2, { key, nonlinearity: "sin" as Any })],
  ],
  GRU: [
    ...network(nn.GRU).filter(([, name]) => name !== "nothing" && name !== "first.hidden"),
    [A, "nothing", () => new nn.GRU(4, 2, { key, ...bad })],
    [A, "cell", () => new nn.GRU(4, 2, { key }).call(x, { hidden: f32(1, 2, 2), cell: f32(1, 2, 2) } as Any)],
    [S, "first.hidden", () => new nn.GRU(4, 2, { key }).call(x, { hidden: f32(2, 2) })],
  ],
  LSTM: [
    ...network(nn.LSTM),
    [A, "first.cell", () => new nn.LSTM(4, 2, { key }).call(x, { hidden: f32(1, 2, 2) } as Any)],
    [S, "first.cell", () => new nn.LSTM(4, 2, { key }).call(x, { hidden: f32(1, 2, 2), cell: f32(2, 2) })],
  ],
};
