import type { Plugin } from "rolldown";
import { parseAst } from "rolldown/parseAst";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}
interface Arrow extends Node {
  readonly async: boolean;
  readonly params: readonly Node[];
  readonly body: Node;
}

/** Shorter arrows are read sooner than they gain by being functions. */
const SHORT = 400;

const children = (x: object): Node[] =>
  Object.values(x).flatMap((v) => (Array.isArray(v) ? children(v) : typeof v?.type === "string" ? [v as Node] : []));

/** True when it reads what a function has of its own and an arrow has not. */
const readsOwn = (n: Node): boolean =>
  /^(ThisExpression|Super|MetaProperty)$/.test(n.type) ||
  ("name" in n && n.name === "arguments") ||
  children(n).some(readsOwn);

/**
 * Writes long arrows as functions and methods. Engines read the inside of a function when it is called first; that of an arrow they read with whatever is around it,
 * in a module as soon as it is loaded, and again for each function around it that is called.
 */
export const functions: Plugin = {
  name: "functions",
  renderChunk(code, _, __, { magicString }) {
    if (!magicString) return null;
    /** Where arrows begin that were written already. */
    const done = new Set<number>();
    const write = (from: number, name: string, arrow: Arrow, to: number): void => {
      const { async, params, body, start, end } = arrow;
      done.add(start);
      const last = params.at(-1)?.end ?? start;
      const isBlock = body.type === "BlockStatement";
      const list = code.slice(params[0]?.start ?? last, last);
      const open = isBlock ? body.start : code.indexOf("=>", last) + 2;
      magicString.overwrite(from, open, `${async ? "async " : ""}${name}(${list}) ${isBlock ? "" : "{ return"}`);
      if (!isBlock) magicString.appendLeft(end, "; }");
      if (to > end) magicString.remove(end, to);
    };
    const freeArrow = (n: Node | null | undefined): Arrow | null =>
      n?.type === "ArrowFunctionExpression" && n.end - n.start >= SHORT && !readsOwn(n) ? (n as Arrow) : null;
    const walk = (n: Node): void => {
      if ("body" in n && Array.isArray(n.body))
        for (const s of n.body) {
          const only = s.type === "VariableDeclaration" && s.declarations.length === 1 ? s.declarations[0] : null;
          const arrow = freeArrow(only?.init);
          if (arrow && only.id.type === "Identifier") write(s.start, `function ${only.id.name}`, arrow, s.end);
        }
      if ("value" in n && n.type === "Property" && !("computed" in n && n.computed)) {
        const arrow = freeArrow(n.value as Node);
        if (arrow) write(n.start, code.slice(n.start, (n as unknown as { key: Node }).key.end), arrow, n.end);
      }
      const arrow = done.has(n.start) ? null : freeArrow(n);
      if (arrow?.body.type === "BlockStatement") write(n.start, "function ", arrow, n.end);
      for (const x of children(n)) walk(x);
    };
    walk(parseAst(code) as Node);
    return { code: magicString };
  },
};
