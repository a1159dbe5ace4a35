import type { Case } from "./case.ts";
import { convCases } from "./conv.ts";
import { elementwiseCases } from "./elementwise.ts";
import { matmulCases } from "./matmul.ts";
import { smallCases } from "./small-ops.ts";

export const cases: readonly Case[] = [...matmulCases, ...convCases, ...elementwiseCases, ...smallCases];

export function caseNamed(name: string): Case {
  const found = cases.find((c) => c.name === name);
  if (found === undefined) throw new Error(`no case is called ${name}`);
  return found;
}
