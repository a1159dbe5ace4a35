import { sampledProduct, sparseProduct } from "../../src/sparse/primitive.ts";
import { entryOrder, entryRows } from "../../src/sparse/structure.ts";
import { apply, applyMany, type Tensor } from "../../src/tensor.ts";
import type { Argument, Case } from "../cases.ts";

const table = (...data: number[]): Argument => ({ shape: [1, data.length], dtype: "i32", data });

/** 3 × 4, row 1 empty, one place twice; by coordinates unsorted, with an entry outside. */
const layouts = [
  { name: "by rows", compressed: true, major: table(0, 3, 3, 5), minor: table(2, 0, 2, 3, 1) },
  { name: "by coordinates", compressed: false, major: table(2, 0, 2, 0, 7), minor: table(1, 3, 1, 0, 2) },
];

/** The two primitives in every layout, plain and transposed, for one and for two matrices, for vectors and for several columns. */
const products: readonly Case[] = layouts.flatMap(({ name, compressed, major, minor }) => {
  const pattern = { compressed, rows: 3, columns: 4 };
  return [1, 2].flatMap(
    (outer) =>
      [
        ...[false, true].flatMap((transposed) =>
          [1, 6].map(
            (width): Case => ({
              name: `sparseProduct ${name}${transposed ? ", transposed" : ""} [${outer},·,${width}]`,
              inputs: [{ shape: [outer, 5] }, major, minor, { shape: [outer, transposed ? 3 : 4, width] }],
              f: (...inputs) => apply(sparseProduct, inputs, { ...pattern, transposed }),
              terms: 3,
            }),
          ),
        ),
        {
          name: `sampledProduct ${name} [${outer},·,3]`,
          inputs: [major, minor, { shape: [outer, 3, 3] }, { shape: [outer, 4, 3] }],
          f: (...inputs) => apply(sampledProduct, inputs, pattern),
          terms: 3,
        },
      ] satisfies Case[],
  );
});

/** Entries out of order, one place twice, rows and columns outside; of two matrices. */
const unsorted: readonly Argument[] = [
  { shape: [2, 6], dtype: "i32", data: [2, 0, -1, 2, 1, 0, 1, 1, 3, 0, 0, 2] },
  { shape: [2, 6], dtype: "i32", data: [1, 3, 0, 1, 0, 2, 4, 0, 1, 2, -2, 0] },
];
const structures: readonly Case[] = [
  ...["order", "starts"].map(
    (name, part): Case => ({
      name: `entryOrder, ${name}`,
      inputs: unsorted,
      f: (...tables) => applyMany(entryOrder, tables, { rows: 3, columns: 4 })[part] as Tensor,
    }),
  ),
  {
    name: "entryRows",
    inputs: [{ shape: [2, 4], dtype: "i32", data: [0, 2, 2, 5, 1, 1, 4, 9] }],
    f: (indptr) => apply(entryRows, [indptr as Tensor], { entries: 6 }),
  },
];

/** Every primitive of the sparse matrices. */
export const sparseCases: readonly Case[] = [...products, ...structures];
