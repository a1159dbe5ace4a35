export {
  type BincountOptions,
  type BinRange,
  type Bins,
  bincount,
  type HistogramddOptions,
  type HistogramOptions,
  histogram,
  histogram2d,
  histogramBinEdges,
  histogramdd,
} from "./histogram.ts";
export {
  nanargmax,
  nanargmin,
  nancumprod,
  nancumsum,
  nanmax,
  nanmean,
  nanmin,
  nanprod,
  nanstd,
  nansum,
  nanvar,
} from "./nan.ts";
export {
  median,
  nanmedian,
  nanpercentile,
  nanquantile,
  percentile,
  type QuantileMethod,
  type QuantileOptions,
  quantile,
} from "./order.ts";
export { type AverageOptions, average, type CovOptions, corrcoef, countNonzero, cov, ptp } from "./weighted.ts";
