import type { Backend } from "../../src/backend.ts";
import { setBackend } from "../../src/backends/current.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { wasmBackend } from "../../src/backends/wasm/index.ts";
import type { DType } from "../../src/dtype.ts";
import type { Tensor } from "../../src/tensor.ts";
import { cases } from "../cases.ts";
import { draw } from "../draw.ts";
import { values as defined } from "../reference.ts";
import { difference } from "./compare.ts";
import { families } from "./families.ts";

// npm run conformance -- --backend js|wasm [--json]: every case on the backend against the reference; js itself against the definitions.
const backends: Readonly<Record<string, () => Backend>> = { js: jsBackend, wasm: wasmBackend };
const name = process.argv[process.argv.indexOf("--backend") + 1] ?? "";
const make = backends[name];
if (!process.argv.includes("--backend") || make === undefined) {
  console.error(`conformance: --backend: expected one of ${Object.keys(backends).join(", ")}`);
  process.exit(2);
}
const [subject, reference] = [make(), jsBackend()];
const dtypes: readonly DType[] = ["f32", "f64", "f16", "i32", "u32", "i8", "u8", "bool"];
const counts = { cases: 0, passed: 0, failed: 0, skipped: 0 };

async function on(backend: Backend, f: () => Tensor): Promise<{ values: ArrayLike<number>; dtype: DType }> {
  await setBackend(backend);
  const t = f();
  return { values: await t.data(), dtype: t.dtype };
}

async function check(label: string, f: () => Tensor, terms: number, definition: boolean): Promise<void> {
  counts.cases++;
  try {
    const actual = await on(subject, f);
    const expected = definition ? { values: defined(f()), dtype: actual.dtype } : await on(reference, f);
    const wrong = difference(actual.values, expected.values, expected.dtype, terms);
    if (wrong === null) {
      counts.passed++;
      return;
    }
    console.error(`FAIL ${label}: ${wrong}`);
  } catch (e) {
    console.error(`FAIL ${label}: ${(e as Error).message}`);
  }
  counts.failed++;
}

for (const c of cases)
  for (const dtype of dtypes) {
    if (dtype !== "f32" && dtype !== "f64" && dtype !== "f16" && !c.integers) {
      counts.skipped++;
      continue;
    }
    await check(
      `${c.name} ${dtype}`,
      () => c.f(...c.inputs.map((arg, i) => draw(arg, i + 1, dtype))),
      c.terms ?? 8,
      name === "js",
    );
  }
for (const { label, f, terms } of families(dtypes)) await check(label, f, terms, false);
console.log(JSON.stringify({ backend: name, ...counts }));
process.exit(counts.failed > 0 ? 1 : 0);
