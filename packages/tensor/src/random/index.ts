export {
  exponential,
  type FloatOptions,
  gumbel,
  type IntervalOptions,
  laplace,
  normal,
  truncatedNormal,
  uniform,
} from "./continuous.ts";
export { bernoulli, type ChoiceOptions, categorical, choice, permutation, randint, shuffle } from "./discrete.ts";
export { bits, foldIn, type Key, key, split } from "./key.ts";
