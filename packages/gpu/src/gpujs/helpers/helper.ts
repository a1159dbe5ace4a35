/**
 * A function that kernels call, in GLSL ES 3.00 for WebGL2 and in JavaScript for gpu.js's cpu mode. Its types are `f` (f32), `i` (any integer dtype; u32
 * as the bits of an i32) and `v` (a pair of floats, for the use of other helpers alone); its parameters are called a, b, c.
 * Bodies are expressions, or statements that return.
 */
export interface Helper {
  readonly takes: string;
  readonly gives: "f" | "i" | "v";
  readonly glsl: string;
  readonly js: string;
}
export type Helpers = Readonly<Record<string, Helper>>;

/** A row of a table: types as in `ff:f`, GLSL, JavaScript (default: the same text). */
export const helper = (types: string, glsl: string, js: string = glsl): Helper => {
  const [takes, gives] = types.split(":") as [string, Helper["gives"]];
  return { takes, gives, glsl, js };
};
