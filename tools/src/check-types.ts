import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { projectWithAll } from "./pack.ts";

// The declarations of the packed tarballs compile, libraries included, with several versions of TypeScript, in browsers and in Node, with the
// types of WebGPU and without; and they bring no global types along.
const folder = resolve("tools/typescript");
const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
};
const versions = Object.keys(dependencies).filter((name) => name.startsWith("typescript-"));
if (!versions.every((name) => existsSync(join(folder, "node_modules", name))))
  execFileSync("npm", ["ci"], { cwd: folder, stdio: "inherit" });

const everywhere = `import { grad, jit, setBackend, tanh, tensor, type Tensor, wasmBackend } from "@gradus/tensor";
import { identity, matmul } from "@gradus/tensor/sparse";
import { webgpu, type WebGPUBackend } from "@gradus/gpu";
import { gpujs } from "@gradus/gpu/gpujs";
const slope: (x: Tensor) => Tensor = grad((x: Tensor) => tanh(x).sum());
export const use = [slope, jit, wasmBackend, tensor, identity, matmul, gpujs];
export async function start(): Promise<WebGPUBackend | null> {
  const { available } = await webgpu.isAvailable();
  if (!available) return null;
  const backend = await webgpu({ powerPreference: "low-power" });
  await setBackend(backend);
  return backend;
}
`;
/** What takes streams, addresses and signals, which browsers and Node declare. */
const hosted = `import { Linear, Module } from "@gradus/nn";
import { MemorySink, readNpy, writeNpy } from "@gradus/tensor/files";
import { loadGraph, saveGraph } from "@gradus/tensor/graphs";
import { adamw, train } from "@gradus/optim";
export const more = [Linear, Module, MemorySink, readNpy, writeNpy, loadGraph, saveGraph, adamw, train];
`;
const noGlobals = `// @ts-expect-error nothing declares it here
export type Leaked = GPUDevice;
`;
const sharing = `export const shared = (device: GPUDevice) => webgpu({ device });
`;

interface Setting {
  readonly lib: readonly string[];
  readonly types: readonly string[];
  readonly module: "NodeNext" | "ESNext";
  readonly program: string;
  /** TypeScript that the setting is for; all unless told. */
  readonly only?: (version: string) => boolean;
}
const settings: Readonly<Record<string, Setting>> = {
  browser: { lib: ["DOM"], types: [], module: "ESNext", program: everywhere + hosted },
  Node: { lib: [], types: ["node"], module: "NodeNext", program: everywhere + hosted + noGlobals },
  "neither browser nor Node": { lib: [], types: [], module: "ESNext", program: everywhere + noGlobals },
  "browser with the types of WebGPU": {
    lib: ["DOM"],
    types: ["@webgpu/types"],
    module: "ESNext",
    program: everywhere + hosted + sharing,
    // from 6.0 on its own are there, and those of the package contradict them
    only: (version) => version < "typescript-6",
  },
};

const project = projectWithAll();
for (const name of ["@types", "@webgpu"])
  symlinkSync(join(folder, "node_modules", name), join(project, "node_modules", name));
for (const version of versions)
  for (const [name, { lib, types, module, program, only }] of Object.entries(settings)) {
    if (only?.(version) === false) continue;
    writeFileSync(join(project, "program.ts"), program);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: "ES2022",
      lib: ["ES2023", "ESNext.Disposable", ...lib],
      types,
      module,
      moduleResolution: module === "ESNext" ? "Bundler" : module,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    const tsc = join(folder, "node_modules", version, "bin/tsc");
    const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
    console.log(`${status === 0 ? "ok  " : "FAIL"} ${version.replace("-", " ")}, ${name}`);
    if (status !== 0) {
      process.exitCode = 1;
      console.log(stdout);
    }
  }
