/** Red, green, blue; 0…255, rounded and clamped where they are used. */
export type Color = readonly [number, number, number];

/** A scale from values in [0, 1] to colours, and whether its middle stands for zero. */
export interface ColorScale {
  readonly color: (v: number) => Color;
  readonly centred: boolean;
}

/** Colour scales by name. */
export const colorScales = {
  /** White to black, as ink. */
  gray: { color: (v) => [255 - v * 255, 255 - v * 255, 255 - v * 255], centred: false },
  /** Black through red and yellow to white. */
  hot: { color: (v) => [v * 3 * 255, (v * 3 - 1) * 255, (v * 3 - 2) * 255], centred: false },
  /** Blue through white at zero to red. */
  diverging: {
    color: (v) => (v < 0.5 ? [v * 2 * 255, v * 2 * 255, 255] : [255, (2 - v * 2) * 255, (2 - v * 2) * 255]),
    centred: true,
  },
} as const satisfies Readonly<Record<string, ColorScale>>;

/** Name of a colour scale. */
export type ColorName = keyof typeof colorScales;

/** Colour of values that are no numbers. */
export const NO_NUMBER: Color = [255, 0, 255];
