import * as g from "../../src/index.ts";
import { type Any, bad, type Family, f32, i32, wrongRows as rows } from "./row.ts";

const { ArgumentError: A, DTypeError: D, GradientError: G, ShapeError: S, TraceError: T } = g;
const x = f32(2, 3);
const one = (): g.Tensor[] => [f32(2, 2)];
const id = (t: g.Tensor): g.Tensor => t;
const total = (t: g.Tensor): g.Tensor => g.sum(t);
const scalar = (t: g.Tensor): g.Tensor => g.sum(g.mul(t, t));

/** Functions of functions and of trees. */
export const transforms: Family = {
  trees: {
    realize: [["tree.a.0"], one, (x) => g.realize({ a: [x] })],
    ravel: [["tree.a"], one, (x) => g.ravel({ a: x })],
    grad: [["argument 0"], one, (x) => g.grad(scalar)(x)],
    valueAndGrad: [["argument 0"], one, (x) => g.valueAndGrad(scalar)(x)],
    gradient: [["xs.x"], one, (x) => g.gradient(f32(), { x }, { unconnected: "zeros" })],
    vjp: [["argument 0"], one, (x) => g.vjp(scalar, x)],
    jvp: [["argument 0", "tangents.0"], () => [f32(2), f32(2)], (x, v) => g.jvp(scalar, [x], [v])],
    jet: [["argument 0", "series[0][0]"], () => [f32(2), f32(2)], (x, v) => g.jet(scalar, [x], [[v, null]])],
    derivatives: [["x", "v"], () => [f32(2), f32(2)], (x, v) => g.derivatives(scalar, x, v, 2)],
    laplacian: [["x"], () => [f32(2)], (x) => g.laplacian(scalar, x)],
    linearize: [["argument 0"], one, (x) => g.linearize(scalar, x)],
    hvp: [["x", "v"], () => [f32(2), f32(2)], (x, v) => g.hvp(scalar, x, v)],
    jacobianForward: [["x"], () => [f32(2)], (x) => g.jacobianForward((p: g.Tensor) => p)(x)],
    jacobianReverse: [["x"], () => [f32(2)], (x) => g.jacobianReverse((p: g.Tensor) => p)(x)],
    hessian: [["x"], () => [f32(2)], (x) => g.hessian(scalar)(x)],
    vmap: [["argument 0"], one, (x) => g.vmap((p: g.Tensor) => p)(x)],
    jit: [["argument 0"], one, (x) => g.jit(scalar)(x)],
    checkpoint: [["argument 0"], one, (x) => g.checkpoint(scalar)(x)],
    saving: [["argument 0"], one, (x) => g.saving(scalar, () => new Map())(x)],
    customGradient: [["argument 0"], one, (x) => g.customGradient(scalar, { vjp: (ct) => [ct] })(x)],
    scan: [["init", "xs"], () => [f32(2), f32(3)], (c, x) => g.scan((a: g.Tensor, b: g.Tensor) => [a, b], c, x)],
  },
  wrong: [
    {
      ...rows("grad valueAndGrad", (f) => [
        [A, "f", () => f(1)],
        [A, "nothing", () => f(total, bad)],
        [A, "argnums", () => f(total, { argnums: -1 })],
        [A, "argnums", () => f(total, { argnums: "0" })],
        [A, "argnums", () => f(total, { argnums: [0, 0] })],
        [A, "argnums", () => (f(total, { argnums: 1 }) as Any)(x)],
        [A, "hasAux", () => f(total, { hasAux: 1 })],
        [A, "hasAux", () => (f(total, { hasAux: true }) as Any)(x)],
        [G, "f", () => (f(id) as Any)(x)],
        [G, "f", () => (f(() => 1) as Any)(x)],
        [G, "argument 0", () => (f(total) as Any)(i32(2))],
      ]),
      gradient: [
        [G, "y", () => g.gradient(x, x)],
        [G, "xs", () => g.gradient(f32(), x)],
        [A, "xs", () => g.gradient(f32(), 1)],
        [A, "unconnected", () => g.gradient(f32(), x, { unconnected: "no" as Any })],
        [S, "cotangent", () => g.gradient(x, x, { cotangent: f32(1) })],
        [A, "cotangent", () => g.gradient(x, x, { cotangent: 1 as Any })],
        [A, "nothing", () => g.gradient(x, x, bad)],
      ],
      ...rows("jacobianForward jacobianReverse hessian", (f) => [
        [A, "f", () => f(1)],
        [G, "x", () => (f(total) as Any)({})],
        [G, "x", () => (f(total) as Any)(i32(1))],
      ]),
      ...rows("vjp linearize", (f) => [
        [A, "f", () => f(1, x)],
        [G, "args", () => f(id, i32(2))],
      ]),
      jet: [
        [A, "f", () => g.jet(1 as Any, [x], [[x]])],
        [A, "primals", () => g.jet(id, x as Any, [[x]])],
        [A, "series", () => g.jet(id, [x], x as Any)],
        [A, "series", () => g.jet(id, [x], [] as Any)],
        [A, "series[0]", () => g.jet(id, [x], [x] as Any)],
        [A, "series[1]", () => g.jet((a: g.Tensor, _: g.Tensor) => a, [x, x], [[x], [x, x]])],
        [A, "series[0][1]", () => g.jet(id, [x], [[x, [x]]] as Any)],
        [A, "series[0][0]", () => g.jet(id, [x], [[1]] as Any)],
        [S, "series[0][1]", () => g.jet(id, [x], [[null, f32(2)]])],
        [G, "series[0][0]", () => g.jet(id, [x], [[g.ones([2, 3], { dtype: "f64" })]])],
        [G, "args", () => g.jet(id, [i32(2)], [[null]])],
      ],
      derivatives: [
        [A, "f", () => g.derivatives(1 as Any, x, x, 1)],
        [A, "order", () => g.derivatives(id, x, x, -1)],
        [A, "order", () => g.derivatives(id, x, x, 1.5)],
        [A, "order", () => g.derivatives(id, x, x, Number.NaN)],
        [A, "order", () => (g.derivatives as Any)(id, x, x)],
        [A, "v", () => g.derivatives(id, x, [x] as Any, 1)],
        [S, "v", () => g.derivatives(id, x, f32(2), 0)],
        [G, "v", () => g.derivatives(id, x, g.ones([2, 3], { dtype: "f64" }), 1)],
        [G, "args", () => g.derivatives(id, i32(2), i32(2), 1)],
      ],
      laplacian: [
        [A, "f", () => g.laplacian(1 as Any, x)],
        [G, "x", () => g.laplacian(total, {} as Any)],
        [G, "x", () => g.laplacian(total, i32(2))],
        [G, "the value of f", () => g.laplacian((() => 1) as Any, x)],
        [G, "the value of f", () => g.laplacian(() => i32(2), x)],
      ],
      jvp: [
        [A, "f", () => g.jvp(1 as Any, [x], [x])],
        [A, "args", () => g.jvp(id, x as Any, [x])],
        [A, "tangents", () => g.jvp(id, [x], x as Any)],
        [S, "tangents", () => g.jvp(id, [x], [f32(2)])],
      ],
      hvp: [
        [A, "f", () => g.hvp(1 as Any, x, x)],
        [S, "tangents", () => g.hvp(total, x, f32(2))],
      ],
      vmap: [
        [A, "f", () => g.vmap(1 as Any)],
        [A, "nothing", () => g.vmap(id, bad)],
        [S, "in", () => g.vmap(id, { in: 2 })(x)],
        [A, "in", () => g.vmap(id, { in: "0" as Any })(x)],
        [A, "in", () => g.vmap(id, { in: [null] })(x)],
        [S, "in", () => g.vmap((a: g.Tensor, _: g.Tensor) => a)(x, f32(5))],
        [A, "out", () => g.vmap(id, { out: null })(x)],
      ],
      jit: [
        [A, "f", () => g.jit(1 as Any)],
        [A, "nothing", () => g.jit(id, bad)],
        [A, "donate", () => g.jit(id, { donate: [-1] })],
        [A, "static", () => g.jit(id, { static: 0 as Any })],
        [A, "static", () => g.jit(id, { static: [0] })(x)],
        [A, "argument 1", () => g.jit(id, { donate: [1] })(x)],
      ],
      scan: [
        [A, "f", () => g.scan(1 as Any, x, null)],
        [A, "f", () => g.scan(((c: g.Tensor) => c) as Any, x, null, { length: 1 })],
        [A, "length", () => g.scan((c: g.Tensor) => [c, null], x, null)],
        [A, "length", () => g.scan((c: g.Tensor) => [c, null], x, null, { length: -1 })],
        [S, "xs", () => g.scan((c: g.Tensor) => [c, null], x, f32())],
        [A, "checkpoint", () => g.scan((c: g.Tensor) => [c, null], x, x, { checkpoint: 1 as Any })],
        [S, "carry", () => g.scan((c: g.Tensor) => [g.sum(c), null], x, x)],
        [D, "carry", () => g.scan((c: g.Tensor) => [g.astype(c, "f64"), null], x, x)],
        [A, "nothing", () => g.scan((c: g.Tensor) => [c, null], x, x, bad)],
      ],
      checkpoint: [[A, "f", () => g.checkpoint(1 as Any)]],
      saving: [
        [A, "f", () => g.saving(1 as Any, () => new Map())],
        [A, "choose", () => g.saving(id, {} as Any)],
      ],
      customGradient: [
        [A, "f", () => g.customGradient(1 as Any, { vjp: () => [] })],
        [A, "rules", () => g.customGradient(id, {})],
        [A, "rules", () => g.customGradient(id, undefined as Any)],
        [A, "nothing", () => g.customGradient(id, bad)],
        [A, "vjp", () => g.customGradient(id, { vjp: 1 as Any })],
        [S, "vjp", () => g.grad((t: g.Tensor) => total(g.customGradient(id, { vjp: () => [f32(1)] })(t)))(x)],
      ],
      ravel: [
        [S, "tree", () => g.ravel({})],
        [D, "tree", () => g.ravel([x, i32(1)])],
      ],
      realize: [[T, "tree", () => g.realize(leaked())]],
    },
  ],
};

function leaked(): g.Tensor {
  let out = x;
  g.vmap((t: g.Tensor) => {
    out = t;
    return t;
  })(x);
  return out;
}
