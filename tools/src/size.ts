import { existsSync, globSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Bytes of a minified bundle of `entry`, and of the same gzipped; from the sources, or as users have it from `dist/`. */
async function measure(
  entry: string,
  published = false,
  others: readonly string[] = [],
): Promise<{ bytes: number; gzip: number }> {
  const { outputFiles } = await build({
    ...(entry.includes("\n")
      ? { stdin: { contents: entry, resolveDir: "tools", loader: "ts" } }
      : { entryPoints: [entry] }),
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    conditions: published ? [] : ["source"],
    target: "es2023",
    external: ["@zip.js/zip.js", "webgpu", "gpu.js", ...others],
    logLevel: "silent",
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  return { bytes: code.length, gzip: gzipSync(code).length };
}

const programs: Readonly<Record<string, { readonly program: string; readonly limit: number }>> = {
  "a program that trains a convnet": {
    limit: 60,
    program: `
import { conv, grad, jit, maxPool, matmul, relu, reshape, logSoftmax, treeMap, sub, mul } from "@gradus/tensor";
const net = (p, x) => logSoftmax(matmul(reshape(maxPool(relu(conv(x, p.k)), 2), [x.shape[0], -1]), p.w));
const loss = (p, x, y) => mul(net(p, x), y).mean().neg();
export const step = jit((p, x, y) => treeMap((w, g) => sub(w, mul(g, 0.1)), p, grad(loss)(p, x, y)));`,
  },
};

const kilobytes = (n: number): string => `${(n / 1024).toFixed(1)} KB`.padStart(10);
const report = ({ bytes, gzip }: { bytes: number; gzip: number }, name: string): void =>
  console.log(`${kilobytes(gzip)} ${kilobytes(bytes)}  ${name}`);

const entries: [string, string][] = [
  ...globSync("packages/*/src/index.ts")
    .sort()
    .map((f): [string, string] => [`@gradus/${f.split("/")[1]}`, f]),
  ["@gradus/tensor/files, with what it uses of tensor; zip library not counted", "packages/tensor/src/files/index.ts"],
  ["@gradus/tensor/sparse, with what it uses of tensor", "packages/tensor/src/sparse/index.ts"],
];
console.log(`${"min+gzip".padStart(10)} ${"min".padStart(10)}`);
for (const [name, entry] of entries) report(await measure(entry), name);
const gpu = await measure("packages/gpu/src/index.ts", false, ["@gradus/tensor", "@gradus/tensor/backend"]);
report(gpu, "@gradus/gpu alone, WebGPU only, on top of tensor; at most 35 KB");
if (gpu.gzip > 35 * 1024) process.exitCode = 1;
const convnet = programs["a program that trains a convnet"]?.program ?? "";
const added = (await measure(`${convnet}\nexport { webgpu } from "@gradus/gpu";`)).gzip - (await measure(convnet)).gzip;
console.log(
  `${kilobytes(added)} ${" ".repeat(10)}  what webgpu() adds to a program that trains a convnet; at most 35 KB`,
);
if (added > 35 * 1024) process.exitCode = 1;
for (const [name, { program, limit }] of Object.entries(programs)) {
  report(await measure(program), name);
  if (!existsSync("packages/tensor/dist/index.js")) continue;
  const published = await measure(program, true);
  report(published, `${name}, from dist/; at most ${limit} KB`);
  if (published.gzip > limit * 1024) process.exitCode = 1;
}
