import type { Primitive } from "../primitive.ts";
import { control } from "./control.ts";
import { folds } from "./folds.ts";
import { matrices } from "./matrices.ts";
import type { Rule } from "./rule.ts";
import { special } from "./special.ts";
import { structure } from "./structure.ts";

interface Table {
  readonly rules: ReadonlyMap<string, Rule>;
  readonly names: ReadonlyMap<Primitive, string>;
}

let made: Table | null = null;

/** The primitives that files may name, and their names: it is made when it is first asked for. */
export function table(): Table {
  if (made === null) {
    const all = { ...structure(), ...folds(), ...matrices(), ...special(), ...control() };
    const rules = new Map(Object.entries(all));
    made = { rules, names: new Map([...rules].map(([name, { primitive }]) => [primitive, name])) };
  }
  return made;
}
