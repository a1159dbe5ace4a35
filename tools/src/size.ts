import { globSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes of a minified bundle of `entry`, and of the same gzipped. */
async function measure(entry: string): Promise<{ bytes: number; gzip: number }> {
  const { outputFiles } = await build({
    ...(entry.includes("\n")
      ? { stdin: { contents: entry, resolveDir: "tools", loader: "ts" } }
      : { entryPoints: [entry] }),
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    conditions: ["source"],
    target: "es2023",
    external: ["@zip.js/zip.js", "webgpu", "gpu.js"],
    logLevel: "silent",
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return { bytes: code.length, gzip: gzipSync(code).length };
}

const programs: Readonly<Record<string, string>> = {
  "a program that trains a convnet": `
import { conv, grad, jit, maxPool, matmul, relu, reshape, logSoftmax, treeMap, sub, mul } from "@gradus/tensor";
const net = (p, x) => logSoftmax(matmul(reshape(maxPool(relu(conv(x, p.k)), 2), [x.shape[0], -1]), p.w));
const loss = (p, x, y) => mul(net(p, x), y).mean().neg();
export const step = jit((p, x, y) => treeMap((w, g) => sub(w, mul(g, 0.1)), p, grad(loss)(p, x, y)));`,
};

const rows: [string, string][] = [
  ...globSync("packages/*/src/index.ts")
    .sort()
    .map((f): [string, string] => [`@gradus/${f.split("/")[1]}`, f]),
  ["@gradus/tensor/files, with what it uses of tensor; zip library not counted", "packages/tensor/src/files/index.ts"],
  ["@gradus/tensor/sparse, with what it uses of tensor", "packages/tensor/src/sparse/index.ts"],
  ...Object.entries(programs),
];
console.log(`${"min+gzip".padStart(10)} ${"min".padStart(10)}`);
for (const [name, entry] of rows) {
  const { bytes, gzip } = await measure(entry);
  console.log(
    `${`${(gzip / 1024).toFixed(1)} KB`.padStart(10)} ${`${(bytes / 1024).toFixed(1)} KB`.padStart(10)}  ${name}`,
  );
}
