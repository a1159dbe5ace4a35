import { PNG } from "pngjs";
import { UsageError } from "../errors.ts";
import type { Color, ColorName } from "./colors.ts";
import { colorScales, NO_NUMBER } from "./colors.ts";
import type { Figure } from "./figure.ts";

/** How numbers become pixels. */
export interface RasterOptions {
  /** `gray` unless told. */
  readonly colors?: ColorName;
  /** Values of the two ends of the colours. Unless told: from 0 to the largest value; with a centred scale, as far below 0 as above. */
  readonly range?: readonly [number, number];
  /** Pixels per value, each way; 3 unless told. */
  readonly scale?: number;
}

/** Options of {@link imageGrid}. */
export interface GridOptions extends RasterOptions {
  /** Images per row; 10 unless told. */
  readonly columns?: number;
  /** White pixels between images; 4 unless told. */
  readonly gap?: number;
}

/** Numbers in row-major order. */
export type Values = ArrayLike<number>;

/** Height and width of an image, in values. */
export type Size = readonly [number, number];

/**
 * Numbers as coloured squares. NaN is magenta.
 *
 * @param size - height and width; their product is the number of values
 */
export const heatmap = (
  name: string,
  title: string,
  values: Values,
  size: Size,
  options: RasterOptions = {},
): Figure & { readonly kind: "png" } => imageGrid(name, title, [values], size, { ...options, columns: 1 });

/**
 * Images of one size in rows, each with its own range of values unless `range` is given.
 *
 * @param size - height and width of each image
 */
export function imageGrid(
  name: string,
  title: string,
  images: readonly Values[],
  [height, width]: Size,
  { colors = "gray", range, scale = 3, columns = 10, gap = 4 }: GridOptions = {},
): Figure & { readonly kind: "png" } {
  if (images.length === 0) throw new UsageError(`figure ${name}: no images; give at least one`);
  const wrong = images.find((values) => values.length !== height * width);
  if (wrong !== undefined)
    throw new UsageError(`figure ${name}: ${wrong.length} values do not fill ${height} rows of ${width}`);
  const across = Math.min(columns, images.length);
  const down = Math.ceil(images.length / across);
  const png = new PNG({
    width: across * width * scale + (across - 1) * gap,
    height: down * height * scale + (down - 1) * gap,
  });
  png.data.fill(255);
  for (const [i, values] of images.entries()) {
    const color = coloring(values, colors, range);
    const left = (i % across) * (width * scale + gap);
    const top = Math.floor(i / across) * (height * scale + gap);
    for (let y = 0; y < height * scale; y++)
      for (let x = 0; x < width * scale; x++) {
        const v = values[Math.floor(y / scale) * width + Math.floor(x / scale)] as number;
        png.data.set(color(v), ((top + y) * png.width + left + x) * 4);
      }
  }
  return { name, title, kind: "png", data: new Uint8Array(PNG.sync.write(png)) };
}

function coloring(values: Values, colors: ColorName, range: RasterOptions["range"]): (v: number) => Color {
  const { color, centred } = colorScales[colors];
  const [low, high] = range ?? limits(values, centred);
  return (v) => {
    const share = Math.min(1, Math.max(0, (v - low) / (high - low)));
    const [r, g, b] = Number.isNaN(share) ? NO_NUMBER : color(share);
    const byte = (c: number): number => Math.min(255, Math.max(0, Math.round(c)));
    return [byte(r), byte(g), byte(b)];
  };
}

function limits(values: Values, centred: boolean): [number, number] {
  let top = 1e-30;
  for (let i = 0; i < values.length; i++) {
    const v = centred ? Math.abs(values[i] as number) : (values[i] as number);
    if (v > top && v < Number.POSITIVE_INFINITY) top = v;
  }
  return [centred ? -top : 0, top];
}
