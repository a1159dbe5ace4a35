import { uniform } from "../harness/inputs.ts";
import { type Node, node } from "../harness/onnx.ts";
import type { Case } from "./case.ts";

const OPS = 500;
const inputs: Case["inputs"] = () => ({
  x: uniform([16], 1),
  a: uniform([16], 2, { low: 0.9, high: 1 }),
  b: uniform([16], 3, { low: -0.1, high: 0.1 }),
});

interface Operand<T> {
  mul(b: T): T;
  add(b: T): T;
}

/** x ← a x and x ← x + b by turns. */
function chain<T extends Operand<T>>(x: T, a: () => T, b: () => T): T {
  let y = x;
  for (let i = 0; i < OPS; i += 2) y = y.mul(a()).add(b());
  return y;
}

const jitted: Case = {
  name: "small-ops-jit",
  ops: OPS,
  inputs,
  gradus: (g, { x, a, b }) => {
    type T = typeof x & {};
    const f = g.jit((t: T, p: T, q: T) =>
      chain<T>(
        t,
        () => p,
        () => q,
      ),
    );
    return { run: () => [f(x!, a!, b!)] };
  },
  tfjs: "no jit",
  jax: ({ jit }, { x, a, b }) => {
    type T = typeof x & {};
    const f = jit((t: T, p: T, q: T) => {
      const y = chain<T>(
        t,
        () => p.ref,
        () => q.ref,
      );
      p.dispose();
      q.dispose();
      return y;
    });
    return { run: () => [f(x!.ref, a!.ref, b!.ref)] };
  },
  ort: () => {
    const nodes = Array.from({ length: OPS }, (_, i): Node => {
      const from = i === 0 ? "x" : `t${i - 1}`;
      const to = i === OPS - 1 ? "y" : `t${i}`;
      return i % 2 === 0 ? node("Mul", [from, "a"], to) : node("Add", [from, "b"], to);
    });
    return { nodes, outputs: ["y"] };
  },
};

const eager: Case = {
  name: "small-ops-eager",
  ops: OPS,
  inputs,
  gradus: (_, { x, a, b }) => ({
    run: () => [
      chain(
        x!,
        () => a!,
        () => b!,
      ),
    ],
  }),
  tfjs: (_, put, given) => {
    const [x, a, b] = [put(given.x!), put(given.a!), put(given.b!)];
    return {
      run: () => [
        chain(
          x,
          () => a,
          () => b,
        ),
      ],
    };
  },
  jax: (_, { x, a, b }) => ({
    run: () => [
      chain(
        x!.ref,
        () => a!.ref,
        () => b!.ref,
      ),
    ],
  }),
  ort: "runs whole graphs only",
};

export const smallCases: readonly Case[] = [jitted, eager];
