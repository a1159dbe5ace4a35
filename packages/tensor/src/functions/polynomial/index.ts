export {
  chebval,
  type PolyfitOptions,
  polyadd,
  polyder,
  polyfit,
  polyint,
  polymul,
  polyval,
  type VanderOptions,
  vander,
} from "./polynomial.ts";
export { poly, polydiv } from "./roots.ts";
export { cubicSpline, type Spline, type SplineOptions } from "./spline.ts";
export { tridiagonalSolve } from "./tridiagonal.ts";
