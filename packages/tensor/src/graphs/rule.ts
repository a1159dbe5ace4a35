import type { DType } from "../dtype.ts";
import type { Aval, Primitive } from "../primitive.ts";
import { type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Field, Fields } from "./fields.ts";

/** What a file may say of a primitive. */
export interface Rule {
  readonly primitive: Primitive;
  /** How many inputs, or at least and at most. */
  readonly inputs: number | readonly [least: number, most: number];
  readonly fields: Fields;
  /** Whether inputs and attributes fit each other, where the shape rule takes it for granted. */
  // biome-ignore lint/suspicious/noExplicitAny: a node's attributes are known to its own primitive only
  readonly fits: (inputs: readonly Tensor[], attributes: any) => boolean;
  /** Attributes that are not written, since the others tell them; without it, all are written. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly complete?: (attributes: any, inputs: readonly Tensor[]) => unknown;
}

export type Rules = Readonly<Record<string, Rule>>;

/** A field for every attribute. */
type All<A> = A extends null ? Readonly<Record<never, Field>> : { readonly [K in keyof A]: Field };
type Fits<A> = (inputs: readonly Tensor[], attributes: A) => boolean;
const always = (): boolean => true;

/** A rule, typed by the primitive. */
export const rule = <A>(
  primitive: Primitive<A>,
  inputs: Rule["inputs"],
  fields: All<A>,
  fits: Fits<A> = always,
): Rule => ({ primitive, inputs, fields: fields as Fields, fits });

/** A rule for a primitive some of whose attributes follow from the others. */
export const completed = <A>(
  primitive: Primitive<A>,
  inputs: Rule["inputs"],
  fields: Partial<All<A>>,
  complete: (attributes: A, inputs: readonly Tensor[]) => A,
  fits: Fits<A> = always,
): Rule => ({ primitive, inputs, fields: fields as Fields, fits, complete });

/** Any number of inputs from `least` on. */
export const from = (least: number): readonly [number, number] => [least, Number.POSITIVE_INFINITY];

export const sameAval = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);
export const sameAvals = (a: readonly Aval[], b: readonly Aval[]): boolean =>
  a.length === b.length && a.every((x, i) => sameAval(x, b[i] as Aval));
export const has = ({ shape, dtype }: Aval, of: Shape, as: DType): boolean => dtype === as && sameShape(shape, of);
/** One number per axis. */
export const per = (rank: number, ...lists: readonly (readonly number[])[]): boolean =>
  lists.every((list) => list.length === rank);
/** Axes of a tensor, each once, in order. */
export const ascending = (axes: readonly number[], rank: number): boolean =>
  axes.every((a, i) => a > (axes[i - 1] ?? -1) && a < rank);
/** An axis that all rows share, or one of their number. */
export const shared = (n: number | undefined, outer: number | undefined): boolean => n === 1 || n === outer;
