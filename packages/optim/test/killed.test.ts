import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("./killed.ts", import.meta.url));

/** Runs the program; kills it, as a power cut would, once it has said step `until`. */
function run(file: string, until: number): Promise<{ code: number | null; last: number }> {
  const child = spawn(process.execPath, ["--conditions=source", program, file, "12", "5"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let last = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    last = Number(text.trim().split("\n").at(-1));
    if (last >= until) child.kill("SIGKILL");
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, last })));
}

test("a run that is killed at any step and started again ends with the same bits", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-"));
  try {
    const [whole, parts] = [join(folder, "whole.safetensors"), join(folder, "parts.safetensors")];
    expect(await run(whole, Number.POSITIVE_INFINITY)).toEqual({ code: 0, last: 36 });
    for (const until of [7, 8, 23]) await run(parts, until);
    expect(await run(parts, Number.POSITIVE_INFINITY)).toMatchObject({ code: 0 });
    expect(readFileSync(parts)).toEqual(readFileSync(whole));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
