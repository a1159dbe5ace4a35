import { readFileSync } from "node:fs";
import { glob, rm } from "node:fs/promises";
import { rolldown } from "rolldown";
import { functions } from "./build/functions.ts";
import { pure } from "./build/pure.ts";

// In the folder of a package: writes the JavaScript of dist/, one file for each entry of package.json and one for what several entries
// share, since a program that loads hundreds of small files starts slowly. Declarations are written by `tsc -b`.
const { exports, dependencies, peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, { source: string; default: string } | string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
};
const entries = Object.values(exports).flatMap((e) =>
  typeof e === "string" ? [] : [[e.default.replace(/^\.\/dist\/(.*)\.js$/, "$1"), e.source] as const],
);
const others = Object.keys({ ...dependencies, ...peerDependencies });

for await (const file of glob(["dist/**/*.js", "dist/**/*.js.map"])) await rm(file);
const bundle = await rolldown({
  input: Object.fromEntries(entries),
  platform: "neutral",
  external: (id) => id.startsWith("node:") || others.some((name) => id === name || id.startsWith(`${name}/`)),
  transform: { target: "es2023" },
  experimental: { nativeMagicString: true },
  checks: { bundlerTimings: false },
  plugins: [pure, functions],
  onLog: (_, { message }) => {
    throw new Error(message);
  },
});
await bundle.write({
  dir: "dist",
  format: "esm",
  chunkFileNames: "shared/[name]-[hash].js",
  // Each file takes half a millisecond to find and open.
  codeSplitting: { groups: [{ name: "core", minShareCount: 2 }] },
  sourcemap: true,
  sourcemapExcludeSources: true,
  comments: { jsdoc: false },
  // Local names are short, since engines read each letter; names of functions, and lines, are those of stack traces. ASCII is read in half the bytes.
  minify: {
    compress: false,
    mangle: { toplevel: false },
    codegen: { removeWhitespace: false, asciiOnly: true },
  },
});
await bundle.close();
