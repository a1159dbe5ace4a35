import type { Plan } from "../ir/ir.ts";
import type { Tensor } from "../tensor.ts";
import { capture } from "./capture.ts";
import { lower } from "./lower.ts";

/** The plan of a closed graph: `inputs` are its placeholders, in the order of the plan's inputs. */
export function planBody(inputs: readonly Tensor[], outputs: readonly Tensor[]): Plan {
  return lower(capture(outputs, inputs, true));
}
