import { parse, View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { compile } from "vega-lite";
import type { Figure } from "./figure.ts";

/** One point of a line. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Titles of the axes, and which of them are logarithmic. */
export interface AxisOptions {
  readonly x: string;
  readonly y: string;
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** Colours of the lines, in their order; the library's unless told. */
  readonly colors?: readonly string[];
}

/** An SVG figure. */
export type Chart = Figure & { readonly kind: "svg" };

const axisScale = (log: boolean): { type: "log" } | { type: "linear"; zero: false } =>
  log ? { type: "log" } : { type: "linear", zero: false };
const BLUES = { scheme: "blues" } as const;

/** Draws a Vega-Lite specification. */
export async function chart(name: string, title: string, spec: TopLevelSpec): Promise<Chart> {
  const view = new View(parse(compile(spec).spec));
  const data = await view.toSVG();
  view.finalize();
  return { name, title, kind: "svg", data };
}

/** Lines by name. A logarithmic axis leaves out what is not positive. */
export function lineChart(
  name: string,
  title: string,
  lines: Readonly<Record<string, readonly Point[]>>,
  { x, y, logX = false, logY = false, colors }: AxisOptions,
): Promise<Chart> {
  const values = Object.entries(lines).flatMap(([line, points]) =>
    points.filter((p) => (!logX || p.x > 0) && (!logY || p.y > 0)).map((p) => ({ ...p, line })),
  );
  const names = Object.keys(lines);
  return chart(name, title, {
    data: { values },
    width: 560,
    height: 260,
    mark: "line",
    encoding: {
      x: { field: "x", type: "quantitative", title: x, scale: axisScale(logX) },
      y: { field: "y", type: "quantitative", title: y, scale: axisScale(logY) },
      color: {
        field: "line",
        type: "nominal",
        title: null,
        sort: names,
        ...(names.length === 1 && { legend: null }),
        ...(colors && { scale: { domain: names, range: [...colors] } }),
      },
    },
  });
}

/** One bar per name, from zero, with its number. */
export function barChart(
  name: string,
  title: string,
  bars: Readonly<Record<string, number>>,
  { y, format = ".3~g" }: { readonly y: string; readonly format?: string },
): Promise<Chart> {
  const axes = {
    x: { field: "bar", type: "nominal", title: null, sort: null, axis: { labelAngle: 0 } },
    y: { field: "value", type: "quantitative", title: y },
  } as const;
  return chart(name, title, {
    data: { values: Object.entries(bars).map(([bar, value]) => ({ bar, value })) },
    width: { step: 90 },
    height: 260,
    layer: [
      { mark: { type: "bar", color: "#4a78b0" }, encoding: axes },
      { mark: { type: "text", dy: -8 }, encoding: { ...axes, text: { field: "value", format } } },
    ],
  });
}

/** Names of the rows and columns of a {@link matrixChart}, and its titles. */
export interface MatrixOptions {
  readonly rows: readonly (string | number)[];
  readonly columns: readonly (string | number)[];
  readonly x: string;
  readonly y: string;
  /** What the numbers are. */
  readonly legend: string;
  /** How the numbers are written, as in d3-format; `~g` unless told. */
  readonly format?: string;
  /** Counts: zero is not written, off the diagonal is red, and colours grow by the logarithm. */
  readonly confusion?: boolean;
}

/** A table of numbers as coloured cells with the numbers in them. */
export function matrixChart(
  name: string,
  title: string,
  matrix: readonly (readonly number[])[],
  { rows, columns, x, y, legend, format = "~g", confusion = false }: MatrixOptions,
): Promise<Chart> {
  const values = matrix.flatMap((cells, i) =>
    cells.map((value, j) => ({
      row: String(rows[i]),
      column: String(columns[j]),
      value,
      write: !confusion || value > 0,
      wrong: confusion && i !== j,
    })),
  );
  const all = values.map(({ value }) => value).filter(Number.isFinite);
  const middle = confusion ? 0 : (Math.min(...all) + Math.max(...all)) / 2;
  const axes = {
    x: { field: "column", type: "ordinal", title: x, sort: null, axis: { labelAngle: 0 } },
    y: { field: "row", type: "ordinal", title: y, sort: null },
  } as const;
  const scale = confusion ? { type: "symlog", ...BLUES } : { zero: false, ...BLUES };
  return chart(name, title, {
    data: { values },
    width: { step: confusion ? 38 : 64 },
    height: { step: 38 },
    layer: [
      {
        mark: "rect",
        encoding: { ...axes, color: { field: "value", type: "quantitative", title: legend, scale } },
      } as const,
      {
        transform: [{ filter: "datum.write" }],
        mark: "text",
        encoding: {
          ...axes,
          text: { field: "value", format },
          color: {
            condition: [
              { test: "datum.wrong", value: "#a02020" },
              { test: `datum.value < ${middle}`, value: "#1a1a1a" },
            ],
            value: "#ffffff",
          },
        },
      },
    ],
  } as TopLevelSpec);
}
