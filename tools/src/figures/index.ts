export type { AxisOptions, Chart, MatrixOptions, Point } from "./charts.ts";
export { barChart, chart, lineChart, matrixChart } from "./charts.ts";
export type { ColorName } from "./colors.ts";
export type { Figure } from "./figure.ts";
export { dataUrl } from "./figure.ts";
export type { GridOptions, RasterOptions, Size, Values } from "./raster.ts";
export { heatmap, imageGrid } from "./raster.ts";
