import { Code } from "../assembler.ts";
import { hasFusedMultiplyAdd } from "../features.ts";
import { advance, clear, Layout, PlaneCopy, type Planes, place, repeat } from "./layout.ts";

/** Sums that are held in registers at once. */
const HELD = 12;

/**
 * Few outputs, each the product of two whole planes: the derivative of a sliding kernel by its elements. Neighbours along a row of the second plane are
 * the lanes. Parameters: input, kernels, result, scratch, from, to: computes planes from … to − 1 of images × result channels.
 */
export function correlate(planes: Planes): { readonly code: Code; readonly scratchBytes: number } {
  const { conv, a, b, x, y } = planes;
  const layout = new Layout(planes, x.kernel, x.rhsDilation, (x.output - 1) * x.stride);
  const c = new Code(6);
  const [input, kernels, result, scratch, from, to] = [0, 1, 2, 3, 4, 5];
  const local = (): number => c.local("i32");
  const [source, channel, group, image, i, other, plane, row, column, line, left, right] = [
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
    local(),
  ] as const;
  const [first, second] = [c.local("v128"), c.local("v128")];
  const copy = new PlaneCopy(c, planes, layout);
  const fused = hasFusedMultiplyAdd();
  const outputs = Array.from({ length: y.output * x.output }, (_, n) => ({
    at: layout.at(Math.floor(n / x.output) * y.stride, (n % x.output) * x.stride),
    total: c.local("f64"),
  }));
  const sums = Array.from({ length: Math.min(outputs.length, HELD) }, () => c.local("v128"));
  const stride = (list: readonly number[], n: number): number => 4 * (list[n] as number);

  /** Four neighbours of both planes; of the last ones only those that are there count. */
  const products = (held: typeof outputs, lanes: number): void => {
    const masked = (push: () => void): void => {
      push();
      if (lanes === 4) return;
      c.lanes(-1, lanes > 1 ? -1 : 0, lanes > 2 ? -1 : 0, 0);
      c.op("v128.and");
    };
    masked(() => {
      c.get(right);
      c.memory("v128.load");
    });
    c.set(second);
    held.forEach(({ at }, n) => {
      const sum = sums[n] as number;
      masked(() => {
        c.get(left);
        c.memory("v128.load", at);
      });
      c.set(first);
      if (!fused) c.get(sum);
      c.get(first);
      c.get(second);
      if (fused) {
        c.get(sum);
        c.op("f32x4.relaxed_madd");
      } else {
        c.op("f32x4.mul");
        c.op("f32x4.add");
      }
      c.set(sum);
    });
  };
  /** All products of two planes for some outputs: single precision within the plane, double precision beyond. */
  const pass = (held: typeof outputs): void => {
    held.forEach((_, n) => {
      c.constant4("f32", 0);
      c.set(sums[n] as number);
    });
    place(c, row, scratch);
    place(c, line, plane);
    repeat(c, i, y.kernel, () => {
      place(c, left, row);
      place(c, right, line);
      repeat(c, column, Math.floor(x.kernel / 4), () => {
        products(held, 4);
        advance(c, left, 16);
        advance(c, right, 16);
      });
      if (x.kernel % 4 > 0) products(held, x.kernel % 4);
      advance(c, row, y.rhsDilation * layout.rowBytes);
      advance(c, line, 4 * y.b);
    });
    held.forEach(({ total }, n) => {
      for (let lane = 0; lane < 4; lane++) {
        c.get(total);
        c.get(sums[n] as number);
        c.extract("f32", lane);
        c.op("f64.promote_f32");
        c.op("f64.add");
        c.set(total);
      }
    });
  };
  const multiply = (push: () => void, by: number): void => {
    push();
    c.i32(by);
    c.op("i32.mul");
    c.op("i32.add");
  };

  clear(c, scratch, layout.bytes);
  c.loop(
    from,
    () => c.get(to),
    1,
    () => {
      c.get(from);
      c.i32(conv.groups * conv.outChannels);
      c.op("i32.div_u");
      c.set(image);
      c.get(from);
      c.i32(conv.groups * conv.outChannels);
      c.op("i32.rem_u");
      c.set(channel);
      c.get(channel);
      c.i32(conv.outChannels);
      c.op("i32.div_u");
      c.set(group);
      for (const { total } of outputs) {
        c.f64(0);
        c.set(total);
      }
      c.get(input);
      multiply(() => c.get(image), stride(a.strides, 0));
      multiply(() => c.get(group), conv.inChannels * stride(a.strides, 1));
      c.set(source);
      advance(c, source, 4 * a.offset);
      c.get(kernels);
      multiply(() => c.get(channel), stride(b.strides, 0));
      c.set(plane);
      advance(c, plane, 4 * b.offset);
      repeat(c, other, conv.inChannels, () => {
        copy.run(source, scratch);
        for (let n = 0; n < outputs.length; n += HELD) pass(outputs.slice(n, n + HELD));
        advance(c, source, stride(a.strides, 1));
        advance(c, plane, stride(b.strides, 1));
      });
      outputs.forEach(({ total }, n) => {
        c.get(result);
        multiply(() => c.get(from), 4 * outputs.length);
        c.get(total);
        c.op("f32.demote_f64");
        c.memory("f32.store", 4 * n);
      });
    },
  );
  return { code: c, scratchBytes: layout.bytes };
}
