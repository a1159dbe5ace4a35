import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join, relative, resolve } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { projectWithAll } from "./pack.ts";

// The newcomer's test: packed tarballs in an empty project, used from JavaScript, from strict TypeScript, and in a browser.
const project = projectWithAll();
const installed = readdirSync(join(project, "node_modules"), { recursive: true, withFileTypes: true });
const foreign = installed
  .map((f) => relative(join(project, "node_modules"), join(f.parentPath, f.name)))
  .filter((path) => !/^(@gradus|\.package-lock\.json)/.test(path) || /\.(node|so|dll|dylib|gyp)$/.test(path));
if (foreign.length > 0) throw new Error(`more is installed than the packages themselves: ${foreign}`);
console.log("ok   nothing native and nothing of others is installed");

const program = `import { grad, tanh, tensor } from "@gradus/tensor";
import { Linear } from "@gradus/nn";
import { sgd } from "@gradus/optim";
import { webgpu } from "@gradus/gpu";
import { MemorySink, readSafetensors, writeSafetensors } from "@gradus/tensor/files";
import { loadGraph, saveGraph } from "@gradus/tensor/graphs";
import { identity, matmul } from "@gradus/tensor/sparse";
const g = grad((x) => tanh(x).sum());
const value = (await g(tensor([0.5])).data())[0];
const expected = 1 - Math.tanh(0.5) ** 2;
if (typeof Linear !== "function" || typeof sgd !== "function" || Math.abs(value - expected) > 1e-6) throw new Error(\`derivative is \${value} instead of \${expected}\`);
const sink = new MemorySink();
await writeSafetensors(sink, { x: tensor([0.5]) });
const back = (await readSafetensors(sink.bytes())).tensors.get("x");
if (back === undefined || (await back.item()) !== 0.5) throw new Error("a safetensors file was not read back");
const graph = new MemorySink();
await saveGraph(graph, g, tensor([0.5]));
if ((await (await loadGraph(graph.bytes()))(tensor([0.5])).item()) !== value) throw new Error("a graph was not read back");
const same = (await matmul(identity(1), tensor([0.5])).data())[0];
const { available, reason } = await webgpu.isAvailable();
if (available === (reason !== null)) throw new Error("WebGPU is there for a reason, or missing for none");
if (same !== 0.5) throw new Error(\`the sparse identity gives \${same} instead of 0.5\`);
`;
writeFileSync(join(project, "program.js"), program);
const run = (node: string): void => {
  const version = String(execFileSync(node, ["--version"])).trim();
  execFileSync(node, ["program.js"], { cwd: project, stdio: "inherit" });
  console.log(`ok   JavaScript on Node ${version}`);
};
run(process.execPath);
const own = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((p) => !p.includes("node_modules"))
  .map((p) => join(p, "node"))
  .find(existsSync);
const major =
  own === undefined
    ? 0
    : Number(
        String(execFileSync(own, ["--version"]))
          .slice(1)
          .split(".")[0],
      );
if (own !== undefined && major >= 20) run(own);
else console.log("SKIPPED JavaScript on the machine's own Node: none of version 20 or later is installed");

writeFileSync(
  join(project, "program.ts"),
  program
    .replace("import { grad", "import { type Tensor, grad")
    .replace("(x) =>", "(x: Tensor) =>")
    .replace(".data())[0]", ".data())[0] as number"),
);
const config = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    module: "NodeNext",
    target: "ES2023",
    lib: ["ES2024", "ESNext.Disposable", "DOM"],
    types: [],
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  },
  include: ["program.ts"],
};
writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
execFileSync(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "-p", project], { stdio: "inherit" });
console.log("ok   strict TypeScript");

const browser = "/usr/bin/chromium";
if (!existsSync(browser))
  console.log("SKIPPED the browser: /usr/bin/chromium is not installed (apt-get install chromium)");
else {
  await build({
    entryPoints: [join(project, "program.js")],
    bundle: true,
    format: "esm",
    outfile: join(project, "bundle.js"),
    logLevel: "error",
  });
  const script = `${readFileSync(join(project, "bundle.js"), "utf8")}\nwindow.result = "passed";`;
  const server = createServer((request, response) => {
    response.setHeader("content-type", request.url === "/bundle.js" ? "text/javascript" : "text/html");
    response.end(
      request.url === "/bundle.js" ? script : '<!doctype html><script type="module" src="/bundle.js"></script>',
    );
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const page = await chromium.launch({
    executablePath: browser,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    const tab = await page.newPage();
    tab.on("pageerror", (e) => console.error(`browser: ${e.message}`));
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await tab.waitForFunction("window.result === 'passed'", undefined, { timeout: 30_000 });
    console.log(`ok   bundle in Chromium ${page.version()}`);
  } finally {
    await page.close();
    server.close();
  }
}
