import { existsSync, globSync } from "node:fs";
import { relative } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";

interface Size {
  readonly bytes: number;
  readonly gzip: number;
}

/** How `entry` is bundled: from the sources, or as users have it from `dist/`. */
const options = (entry: string, published: boolean, others: readonly string[]) =>
  ({
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
  }) as const satisfies BuildOptions;

const sizeOf = (code: Uint8Array): Size => ({ bytes: code.length, gzip: gzipSync(code).length });

/** Bytes of a minified bundle of `entry` in one file, and of the same gzipped. */
async function measure(entry: string, published = false, others: readonly string[] = []): Promise<Size> {
  const { outputFiles } = await build(options(entry, published, others));
  return sizeOf(outputFiles[0]?.contents ?? new Uint8Array());
}

/** The same of a bundle in several files: of those that load at once, without what a program imports when it needs it. */
async function measureFirst(entry: string, others: readonly string[] = []): Promise<Size> {
  const { outputFiles, metafile } = await build({
    ...options(entry, false, others),
    splitting: true,
    metafile: true,
    outdir: ".",
  });
  const own = entry.includes("\n") ? "<stdin>" : entry;
  const first = new Set(Object.keys(metafile.outputs).filter((path) => metafile.outputs[path]?.entryPoint === own));
  for (const path of first)
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? [])
      if (kind === "import-statement" && next in metafile.outputs) first.add(next);
  const sizes = outputFiles.filter((f) => first.has(relative(".", f.path))).map((f) => sizeOf(f.contents));
  return sizes.reduce((a, b) => ({ bytes: a.bytes + b.bytes, gzip: a.gzip + b.gzip }));
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
const report = ({ bytes, gzip }: Size, name: string): void =>
  console.log(`${kilobytes(gzip)} ${kilobytes(bytes)}  ${name}`);

const entries: [string, string][] = [
  ...globSync("packages/*/src/index.ts")
    .sort()
    .map((f): [string, string] => [`@gradus/${f.split("/")[1]}`, f]),
  ["@gradus/tensor/files, with what it uses of tensor; zip library not counted", "packages/tensor/src/files/index.ts"],
  ["@gradus/tensor/graphs, with what it uses of tensor and files", "packages/tensor/src/graphs/index.ts"],
  ["@gradus/tensor/sparse, with what it uses of tensor", "packages/tensor/src/sparse/index.ts"],
];
console.log(`${"min+gzip".padStart(10)} ${"min".padStart(10)}`);
for (const [name, entry] of entries) report(await measure(entry), name);
const convnet = programs["a program that trains a convnet"]?.program ?? "";
const withGpu = `${convnet}\nexport { webgpu } from "@gradus/gpu";`;
const gpu = ["packages/gpu/src/index.ts", ["@gradus/tensor", "@gradus/tensor/backend"]] as const;
const alone = await measureFirst(...gpu);
report(alone, "@gradus/gpu alone, WebGPU only, on top of tensor, before parts that few programs load; at most 35 KB");
report(await measure(gpu[0], false, gpu[1]), "the same in one file, with those parts");
const added = (await measureFirst(withGpu)).gzip - (await measureFirst(convnet)).gzip;
console.log(
  `${kilobytes(added)} ${" ".repeat(10)}  what webgpu() adds to a program that trains a convnet, before such parts; at most 35 KB`,
);
if (Math.max(alone.gzip, added) > 35 * 1024) process.exitCode = 1;
for (const [name, { program, limit }] of Object.entries(programs)) {
  report(await measure(program), name);
  if (!existsSync("packages/tensor/dist/index.js")) continue;
  const published = await measure(program, true);
  report(published, `${name}, from dist/; at most ${limit} KB`);
  if (published.gzip > limit * 1024) process.exitCode = 1;
}
