import { type DType, dtypes } from "../dtype.ts";
import { GradusError } from "../errors.ts";
import type { Aval } from "../primitive.ts";
import { said } from "../said.ts";
import { sizeOf } from "../shape.ts";
import { apply, hostTensor, placeholderLike, type Tensor } from "../tensor.ts";
import { Graph, partsOf } from "../transforms/graph.ts";
import { avalKey } from "../tree.ts";
import { isDType, isShape, numberFromJSON } from "./fields.ts";
import { type Rule, sameAvals } from "./rule.ts";
import { table } from "./table.ts";

/** Bounds on what is accepted from a file with a graph. */
export interface GraphLimits {
  /** Nodes and inputs of all graphs in the file together; default 1,000,000. */
  readonly maxNodes?: number;
  /** Bytes of the largest value that any node gives; default 2³² (4 GiB). */
  readonly maxBytes?: number;
}

type Members = Readonly<Record<string, unknown>>;
type Fail = (what: string) => never;

const MAX_DEPTH = 100;

/** An object with exactly these members. */
export function members(json: unknown, names: readonly string[], fail: Fail): Members {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return fail(`expected an object, got ${said(json)}`);
  const own = Object.keys(json);
  if (own.length !== names.length || !names.every((name) => Object.hasOwn(json, name)))
    return fail(`expected {${names.join(", ")}}, got {${own.map((name) => said(name)).join(", ")}}`);
  return json as Members;
}

const list = (json: unknown, fail: Fail): readonly unknown[] =>
  Array.isArray(json) ? json : fail(`expected a list, got ${said(json)}`);

/** Builds graphs from JSON that may say anything; `fail` throws what is wrong. */
export class GraphReader {
  readonly #fail: Fail;
  readonly #maxBytes: number;
  #left: number;

  constructor({ maxNodes = 1_000_000, maxBytes = 2 ** 32 }: GraphLimits, fail: Fail) {
    this.#fail = fail;
    this.#left = maxNodes;
    this.#maxBytes = maxBytes;
  }

  /** A closed graph. `path` says where it lies. */
  graph(json: unknown, path = "graph", depth = 0): Graph {
    const fail: Fail = (what) => this.#fail(`${path}: ${what}`);
    if (depth > MAX_DEPTH) fail(`graphs in graphs lie deeper than ${MAX_DEPTH}`);
    const { inputs, nodes, outputs } = members(json, ["inputs", "nodes", "outputs"], fail);
    const given = list(inputs, fail).map((aval) => this.#aval(aval, fail));
    this.#count(given.length, fail);
    const own = given.map((aval) => placeholderLike(aval, 0));
    const values: Tensor[] = [...own];
    const value = (i: unknown, wrong: Fail): Tensor =>
      (Number.isInteger(i) ? values[i as number] : undefined) ??
      wrong(`${said(i)} is none of the ${values.length} values before it`);
    list(nodes, fail).forEach((node, i) => {
      this.#count(1, fail);
      const wrong: Fail = (what) => fail(`node ${i}: ${what}`);
      values.push(...this.#node(node, (n) => value(n, wrong), `${path}: node ${i}`, depth, wrong));
    });
    return new Graph(
      own,
      list(outputs, fail).map((i) => value(i, (what) => fail(`outputs: ${what}`))),
    );
  }

  #count(n: number, fail: Fail): void {
    this.#left -= n;
    if (this.#left < 0) fail("more nodes than the limit; raise maxNodes");
  }

  #aval(json: unknown, fail: Fail): Aval {
    const [dtype, shape, ...more] = list(json, fail);
    if (!isDType(dtype) || !isShape(shape) || more.length > 0)
      return fail(`expected [dtype, shape], got ${said(json)}`);
    this.#checkSize({ dtype: dtype as DType, shape }, fail);
    return { dtype: dtype as DType, shape };
  }

  #checkSize(aval: Aval, fail: Fail): void {
    // sizes beside a zero count too: what is laid out by strides must be able to multiply them
    const bytes = sizeOf(aval.shape.filter((n) => n > 0)) * dtypes[aval.dtype].bytes;
    if (bytes > this.#maxBytes)
      fail(`${avalKey(aval)} takes ${bytes} bytes, above the limit of ${this.#maxBytes}; raise maxBytes`);
  }

  #node(json: unknown, value: (i: unknown) => Tensor, path: string, depth: number, fail: Fail): readonly Tensor[] {
    const { op } = (json ?? {}) as Members;
    if (op === "constant") return [this.#constant(json, fail)];
    const rule = typeof op === "string" ? table().rules.get(op) : undefined;
    if (rule === undefined) return fail(`the primitive ${said(op)} is unknown; was the file made by a later version?`);
    const named: Fail = (what) => fail(`${op as string}: ${what}`);
    const keys = Object.keys(rule.fields);
    const node = members(json, ["op", "in", ...(keys.length > 0 ? ["with"] : []), "out"], named);
    const inputs = list(node.in, named).map(value);
    const [least, most] = typeof rule.inputs === "number" ? [rule.inputs, rule.inputs] : rule.inputs;
    if (inputs.length < least || inputs.length > most)
      named(`takes ${least === most ? least : `from ${least}`} inputs, got ${inputs.length}`);
    const attributes = this.#attributes(rule, node.with, `${path}: ${op as string}`, depth, named);
    const avals = list(node.out, named).map((aval) => this.#aval(aval, named));
    const on = `inputs ${inputs.map(avalKey).join(", ")}`;
    if (!rule.fits(inputs, attributes)) named(`its attributes do not fit ${on}`);
    const t = applied(rule, inputs, attributes, named);
    const gives = t.parts ?? [t];
    for (const aval of gives) this.#checkSize(aval, named);
    if (!sameAvals(gives, avals))
      named(`gives ${gives.map(avalKey).join(", ")} of ${on}, but the file says ${avals.map(avalKey).join(", ")}`);
    return t.parts === null ? [t] : partsOf(t);
  }

  #attributes({ fields }: Rule, json: unknown, path: string, depth: number, fail: Fail): unknown {
    const keys = Object.keys(fields);
    if (keys.length === 0) return null;
    const given = members(json, keys, fail);
    return Object.fromEntries(
      keys.map((key) => {
        const x = fields[key]?.read(given[key], (inner) => this.graph(inner, `${path}: ${key}`, depth + 1));
        return [key, x === undefined ? fail(`${key}: ${said(given[key])} is no such attribute`) : x];
      }),
    );
  }

  #constant(json: unknown, fail: Fail): Tensor {
    const node = members(json, ["op", "value", "out"], fail);
    const [aval = fail("a constant has one value"), ...more] = list(node.out, fail).map((a) => this.#aval(a, fail));
    const value = numberFromJSON(node.value);
    if (more.length > 0 || aval.shape.length > 0 || aval.dtype === "f16") fail("constants are scalars, and not f16");
    const data = new dtypes[aval.dtype].array(new ArrayBuffer(dtypes[aval.dtype].bytes));
    if (value !== undefined) data[0] = value;
    const fits = aval.dtype === "bool" ? value === 0 || value === 1 : Object.is(data[0], value);
    if (value === undefined || !fits) fail(`the constant ${said(node.value)} is none of ${aval.dtype}`);
    return hostTensor(data, [], aval.dtype);
  }
}

/** The node, unless its shape rule refuses. */
function applied({ primitive, complete }: Rule, inputs: readonly Tensor[], attributes: unknown, fail: Fail): Tensor {
  try {
    return apply(primitive, inputs, complete === undefined ? attributes : complete(attributes, inputs));
  } catch (error) {
    if (error instanceof GradusError) fail(error.message);
    throw error;
  }
}
