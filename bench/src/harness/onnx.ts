// ONNX models by hand: just as much of protobuf and of onnx.proto as the cases need. Opset 17.
import type { HostArray, Inputs } from "./inputs.ts";

export type Attribute = number | readonly number[] | { readonly float: number };

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: readonly string[];
  /** Small integer tensors (shapes, axes) and scalars that nodes read. */
  readonly constants?: Readonly<Record<string, { readonly ints: readonly number[] } | { readonly float: number }>>;
}

/** A node with one output. */
export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes?: Readonly<Record<string, Attribute>>,
): Node => ({ op, inputs, outputs: [output], ...(attributes && { attributes }) });

type Bytes = readonly Uint8Array[];

function varint(n: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(n));
  do {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? byte | 128 : byte);
  } while (rest > 0n);
  return Uint8Array.from(out);
}

const length = (parts: Bytes): number => parts.reduce((n, p) => n + p.length, 0);
const integer = (field: number, n: number): Bytes => [varint(field << 3), varint(n)];
const float = (field: number, x: number): Bytes => [
  varint((field << 3) | 5),
  new Uint8Array(new Float32Array([x]).buffer),
];
const message = (field: number, ...content: Bytes[]): Bytes => {
  const parts = content.flat();
  return [varint((field << 3) | 2), varint(length(parts)), ...parts];
};
const text = (field: number, s: string): Bytes => message(field, [new TextEncoder().encode(s)]);

const FLOAT = 1;
const INT64 = 7;
const DOUBLE = 11;

const typeOf = ({ data }: HostArray): number => (data instanceof Float64Array ? DOUBLE : FLOAT);

const raw = (name: string, type: number, dims: readonly number[], data: ArrayBufferView): Bytes => [
  ...dims.flatMap((d) => integer(1, d)),
  ...integer(2, type),
  ...text(8, name),
  ...message(9, [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
];

function attribute(name: string, value: Attribute): Bytes {
  if (typeof value === "number") return [...text(1, name), ...integer(3, value), ...integer(20, 2)];
  if ("float" in value) return [...text(1, name), ...float(2, value.float), ...integer(20, 1)];
  return [...text(1, name), ...value.flatMap((n) => integer(8, n)), ...integer(20, 7)];
}

const encodeNode = ({ op, inputs, outputs, attributes = {} }: Node): Bytes => [
  ...inputs.flatMap((s) => text(1, s)),
  ...outputs.flatMap((s) => text(2, s)),
  ...text(4, op),
  ...Object.entries(attributes).flatMap(([name, value]) => message(5, attribute(name, value))),
];

const value = (name: string, type: number, shape?: readonly number[]): Bytes => [
  ...text(1, name),
  ...message(
    2,
    message(
      1,
      integer(1, type),
      shape === undefined
        ? []
        : message(
            2,
            shape.flatMap((d) => message(1, integer(1, d))),
          ),
    ),
  ),
];

/** The bytes of a model; `inputs` are fed in each run, or with `constant` part of the model. */
export function encode({ nodes, outputs, constants = {} }: Graph, inputs: Inputs, constant: boolean): Uint8Array {
  const arrays = Object.entries(inputs);
  const type = arrays.some(([, x]) => typeOf(x) === DOUBLE) ? DOUBLE : FLOAT;
  const graph = [
    ...nodes.flatMap((n) => message(1, encodeNode(n))),
    ...text(2, "graph"),
    ...Object.entries(constants).flatMap(([name, c]) =>
      message(
        5,
        "ints" in c
          ? raw(name, INT64, [c.ints.length], BigInt64Array.from(c.ints, BigInt))
          : raw(name, FLOAT, [], new Float32Array([c.float])),
      ),
    ),
    ...(constant ? arrays.flatMap(([name, x]) => message(5, raw(name, typeOf(x), x.shape, x.data))) : []),
    ...(constant ? [] : arrays.flatMap(([name, x]) => message(11, value(name, typeOf(x), x.shape)))),
    ...outputs.flatMap((name) => message(12, value(name, type))),
  ];
  const model = [...integer(1, 8), ...message(8, text(1, ""), integer(2, 17)), ...message(7, graph)];
  const bytes = new Uint8Array(length(model));
  let at = 0;
  for (const part of model) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
