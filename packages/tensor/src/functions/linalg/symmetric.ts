import type { Tensor } from "../../tensor.ts";
import { add, mul } from "../arithmetic.ts";
import { transpose } from "../shaping.ts";

/** (A + Aᵀ)/2. */
export const symmetric = (a: Tensor): Tensor => mul(add(a, transpose(a)), 0.5);
