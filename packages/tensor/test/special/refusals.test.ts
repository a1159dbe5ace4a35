import { describe, expect, test } from "vitest";
import * as g from "../../src/index.ts";
import { newCalls } from "./calls.ts";

const gone = (t: g.Tensor): g.Tensor => {
  t.dispose();
  return t;
};

describe.each(Object.entries(newCalls))(
  "%s refuses, in its own name and that of the argument,",
  (op, [names, make, call]) => {
    const refuses = (i: number, spoil: (t: g.Tensor) => unknown, type: typeof g.GradusError): void => {
      const args = make().map((t, j) => (i === j ? spoil(t) : t));
      let error: unknown = null;
      try {
        call(...args);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(type);
      expect((error as Error).message.startsWith(`${op}: ${names[i]}: `), (error as Error).message).toBe(true);
    };
    test("nothing of a call that is right", () => void call(...make()));
    test.each(names.map((name, i) => [name, i] as const))("a disposed %s", (_, i) => refuses(i, gone, g.DisposedError));
    test.each(names.map((name, i) => [name, i] as const))("a %s that is no tensor", (_, i) => {
      for (const value of ["text", null, {}, Symbol("s")]) refuses(i, () => value, g.ArgumentError);
    });
  },
);
