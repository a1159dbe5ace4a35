export { derivatives, laplacian } from "./derivatives.ts";
export { type JetSeries, jet } from "./jet.ts";
