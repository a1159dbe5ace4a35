import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const script = join(import.meta.dirname, "../src/start.ts");
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gradus-start-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `npm start`'s program; `interrupt` sends Ctrl-C at the first word of progress. */
function start(args: readonly string[], interrupt = false): Promise<Ended> {
  const child = spawn(process.execPath, ["--conditions=source", script, ...args], { cwd: folder });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    if (interrupt && err === "") child.kill("SIGINT");
    err += String(chunk);
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const small = ["--limit", "400", "--batch", "10", "--epochs", "2", "--json"];

test("Ctrl-C leaves a checkpoint; --resume ends with the report of an uninterrupted run", async () => {
  const whole = await start([...small, "--out", "whole.html"]);
  expect(whole.code).toBe(0);
  const result = JSON.parse(whole.out.trim().split("\n").at(-1) as string) as Record<string, unknown>;
  expect(result).toEqual({ accuracy: expect.any(Number), seconds: expect.any(Number), report: "whole.html" });

  const stopped = await start([...small, "--out", "parts.html"], true);
  expect([stopped.code, stopped.out]).toEqual([130, ""]);
  expect(stopped.err).toContain("go on with: npm start -- --resume");
  const resumed = await start(["--resume", "--json", "--out", "parts.html"]);
  expect(resumed.code).toBe(0);
  expect(await readFile(join(folder, "parts.html"), "utf8")).toBe(await readFile(join(folder, "whole.html"), "utf8"));

  const again = await start(["--resume"]);
  expect(again.code).toBe(1);
  expect(again.err).toContain("there is no checkpoint at .gradus/start.safetensors; start without --resume");
});

test("wrong options are named", async () => {
  const none = await start(["--epochs", "0"]);
  expect([none.code, none.err]).toEqual([1, expect.stringContaining("expected an integer of at least 1")]);
  const few = await start(["--limit", "8"]);
  expect([few.code, few.err]).toEqual([1, expect.stringContaining("8 examples make no batch of 64")]);
});
