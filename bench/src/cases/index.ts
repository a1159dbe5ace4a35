import type { Case } from "./case.ts";
import { cnnCases, cnnStep } from "./cnn.ts";
import { convCases } from "./conv.ts";
import { elementwiseCases } from "./elementwise.ts";
import { matmulCases } from "./matmul.ts";
import { graphCases, mlpCases, mlpStep } from "./mlp.ts";
import { optimizerCases } from "./optimizers.ts";
import { routineCases } from "./routines.ts";
import { smallCases } from "./small-ops.ts";
import { transformerStep } from "./transformer.ts";

export const cases: readonly Case[] = [
  ...matmulCases,
  ...convCases,
  mlpStep,
  cnnStep,
  transformerStep,
  ...mlpCases,
  ...cnnCases,
  ...elementwiseCases,
  ...optimizerCases,
  ...routineCases,
  ...smallCases,
  ...graphCases,
];

export function caseNamed(name: string): Case {
  const found = cases.find((c) => c.name === name);
  if (found === undefined) throw new Error(`no case is called ${name}`);
  return found;
}
