import { floats } from "./floats.ts";
import { functions } from "./functions.ts";
import type { Helper, Helpers } from "./helper.ts";
import { integers } from "./integers.ts";

/** All helpers by name. */
export const helpers: Helpers = { ...integers, ...floats, ...functions };

/** The language that a mode of gpu.js wants helpers in. */
export type Language = "glsl" | "js";

const called = /\b[a-z]\w*_[fiuv]\b/g;
const types = { f: "float", i: "int", v: "vec2" } as const;
type Type = keyof typeof types;

/** A function in either language; parameters as in `a:f b:i`, a body of one expression or of statements that return. */
export function define(name: string, takes: string, gives: Type, body: string, language: Language): string {
  const js = language === "js";
  const parameters = takes
    .split(" ")
    .filter((p) => p !== "")
    .map((p) => p.split(":") as [string, Type])
    .map(([parameter, type]) => (js ? parameter : `${types[type]} ${parameter}`));
  const text = /\breturn\b/.test(body) ? body : `return ${body};`;
  return `${js ? "function" : types[gives]} ${name}(${parameters.join(", ")}) { ${text} }`;
}

/** The text of the helpers named and of all that they call, callees first. */
export function texts(names: Iterable<string>, language: Language): string[] {
  const found = new Map<string, string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    const own = helpers[name] as Helper;
    for (const callee of own[language].match(called) ?? []) if (callee !== name) add(callee);
    const takes = [...own.takes].map((type, i) => `${"abc"[i]}:${type}`).join(" ");
    found.set(name, define(name, takes, own.gives, own[language], language));
  };
  for (const name of names) add(name);
  return [...found.values()];
}
