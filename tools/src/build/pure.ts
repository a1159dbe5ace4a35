import type { Plugin } from "rolldown";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Code that runs later, if at all. */
const later = /^(ArrowFunctionExpression|Function|Class)/;

/** What a bundler that sees only one file must take for an effect: it may run code of others. */
const doubtful =
  /^(CallExpression|NewExpression|MemberExpression|SpreadElement|TaggedTemplateExpression|BinaryExpression)$/;

const nodes = (x: unknown): Node[] =>
  Object.values(x as object).flatMap((v) =>
    Array.isArray(v) ? nodes(v) : typeof v?.type === "string" ? [v as Node] : [],
  );

const doubtfulIn = (n: Node): Node[] =>
  later.test(n.type) ? [] : [...(doubtful.test(n.type) ? [n] : []), ...nodes(n).flatMap(doubtfulIn)];

/**
 * Says of every top-level variable what `sideEffects: false` says of whole modules: that nobody misses it when nobody reads it. Modules
 * that were joined into one file are thus dropped variable by variable from the programs of users.
 */
export const pure: Plugin = {
  name: "pure",
  transform: {
    filter: { id: /\.ts$/ },
    handler(_, __, { ast, magicString }) {
      if (!ast || !magicString) return null;
      for (const statement of ast.body) {
        const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
        if (declaration?.type !== "VariableDeclaration") continue;
        for (const { init } of declaration.declarations)
          if (init) {
            const found = doubtfulIn(init);
            if (found.every((n) => /^(Call|New)Expression$/.test(n.type)))
              for (const n of found) magicString.appendRight(n.start, "/* @__PURE__ */ ");
            else magicString.appendRight(init.start, "/* @__PURE__ */ (() => (").appendLeft(init.end, "))()");
          }
      }
      return { code: magicString };
    },
  },
};
