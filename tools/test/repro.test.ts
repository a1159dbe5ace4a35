import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, describe, expect, test } from "vitest";
import type { Claim } from "../src/repro/claims.ts";
import { claimsTable, withTable } from "../src/repro/claims.ts";
import { EXIT, main } from "../src/repro/main.ts";
import { smallFiles } from "./datasets/idx-writer.ts";

const fixtures = join(import.meta.dirname, "fixtures");
const broken = join(fixtures, "broken");
const folder = mkdtempSync(join(tmpdir(), "gradus-repro-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const [name, bytes] of smallFiles) writeFileSync(join(folder, name), bytes);
const small = ["--dataset", `idx:${folder}`, "--json"];

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

async function repro(argv: readonly string[], root = fixtures): Promise<Ended> {
  let [out, err] = ["", ""];
  const status = await main(argv, {
    root,
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
    signal: new AbortController().signal,
  });
  return { status, out, err };
}

const lastLine = (out: string): unknown => JSON.parse(out.trimEnd().split("\n").at(-1) as string);
const at = (name: string): string[] => ["--out", join(folder, name)];

describe("one example", () => {
  test("a claim that holds: status 0, the line, the figures", async () => {
    const { status, out, err } = await repro(["holds", "--seed", "7", ...small, ...at("a")]);
    expect([status, err]).toEqual([0, ""]);
    expect(out).toBe('{"slug":"holds","seed":7,"metrics":{"seed":7,"images":5,"quick":0},"holds":true}\n');
    expect(readdirSync(join(folder, "a")).sort()).toEqual(["bars.svg", "first.png", "report.html"]);
    const png = PNG.sync.read(readFileSync(join(folder, "a/first.png")));
    expect([png.width, png.height, png.data[0], png.data.at(-4)]).toEqual([9, 6, 255, 0]);
    expect(readFileSync(join(folder, "a/report.html"), "utf8")).toContain("Nobody 2020");
  });

  test("a claim that does not hold: status 1, and it says so", async () => {
    const silent = await repro(["fails", "--quick", ...small, ...at("b")]);
    expect([silent.status, lastLine(silent.out)]).toEqual([
      EXIT.doesNotHold,
      { slug: "fails", seed: 0, metrics: { odd: 0 }, holds: false },
    ]);
    const { status, out } = await repro(["fails", "--seed", "1", ...small.slice(0, 2), ...at("b")]);
    expect([status, lastLine(out)]).toMatchObject([EXIT.holds, { holds: true }]);
    expect(out).toContain("Claim: Seeds are odd.");
  });

  test.each([
    ["throws", "throws: no such thing"],
    ["infinite", "infinite: its metric loss is NaN"],
    ["misnamed", 'its slug is "other"; name both alike'],
    ["empty", "its default export has no slug"],
  ])("an example with a mistake (%s): status 3", async (slug, message) => {
    const { status, out, err } = await repro([slug, ...small, ...at("c")], broken);
    expect([status, out]).toEqual([EXIT.failed, ""]);
    expect(err.split("\n")[0]).toContain(message);
  });
});

test("--list", async () => {
  const { status, out } = await repro(["--list"]);
  expect([status, out]).toEqual([
    0,
    "fails  A claim that does not hold (Nobody 2021)\nholds  A claim that holds (Nobody 2020, Nothing | at all)\n",
  ]);
  expect(
    (await repro(["--list", "--json"])).out
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line).slug),
  ).toEqual(["fails", "holds"]);
});

describe("wrong command lines: status 2, one line that says what to give", () => {
  test.each([
    [["hold"], 'no example is called "hold"; choose fails, holds'],
    [["holds", "--sed", "1"], "unknown option '--sed'"],
    [["holds", "--sed", "1"], "options: --seed <n>, --dataset <name>, --quick"],
    [["holds", "--seed", "1.5"], "give an integer from 0 to 4294967295"],
    [["holds", "--seed", "-1"], "give an integer from 0 to 4294967295"],
    [["holds", "--seed", "4294967296"], "give an integer from 0 to 4294967295"],
    [["holds", "--seed"], "argument missing"],
    [["holds", "--dataset", "x"], '--dataset "x": unknown; choose mnist, fashion-mnist, idx:<dir>'],
    [["holds", "--dataset", "idx:/none"], "train-images-idx3-ubyte[.gz] is missing"],
    [[], "give one of: an example's name, --list, --all"],
    [["holds", "--list"], "give only one of: an example's name, --list, --all"],
    [["--all", "--seed", "1"], "leave --seed out"],
    [["holds", "fails"], "too many arguments"],
  ])("%s", async (argv, message) => {
    const { status, out, err } = await repro(argv);
    expect([status, out]).toEqual([EXIT.usage, ""]);
    expect(err).toMatch(/^npm run repro: [^\n]*\n$/);
    expect(err).toContain(message);
  });

  test("--help is none", async () => {
    const { status, out } = await repro(["--help"]);
    expect([status, out.includes("Usage: npm run repro --")]).toEqual([0, true]);
  });
});

describe("--all", () => {
  const root = join(folder, "root");
  cpSync(join(fixtures, "packages"), join(root, "packages"), { recursive: true });
  const readme = (): string => readFileSync(join(root, "README.md"), "utf8");

  test("without a place for the table, nothing is run", async () => {
    writeFileSync(join(root, "README.md"), "# No markers\n");
    const { status, err } = await repro(["--all", ...small, ...at("all")], root);
    expect([status, err]).toEqual([EXIT.usage, expect.stringContaining("README.md has no place for the table; add")]);
  });

  test("three seeds each, written to docs/claims.json and README's table; the rest of README stays", async () => {
    writeFileSync(
      join(root, "README.md"),
      "before\n<!-- claims: written by npm run repro -- --all -->\nold\n<!-- /claims -->\nafter\n",
    );
    const { status, out } = await repro(["--all", ...small, ...at("all")], root);
    expect([status, lastLine(out)]).toEqual([EXIT.doesNotHold, { claims: 2, holding: 1 }]);
    const { seeds, claims } = JSON.parse(readFileSync(join(root, "docs/claims.json"), "utf8")) as {
      seeds: number[];
      claims: Claim[];
    };
    expect([seeds, claims.map(({ slug, package: p }) => [slug, p])]).toEqual([
      [0, 1, 2],
      [
        ["fails", "other"],
        ["holds", "demo"],
      ],
    ]);
    expect(claims[0]?.runs.map(({ holds }) => holds)).toEqual([false, true, false]);
    expect(readme()).toBe(
      `before\n<!-- claims: written by npm run repro -- --all -->\n\n${claimsTable(claims)}\n\n<!-- /claims -->\nafter\n`,
    );
    expect(claimsTable(claims)).toContain("1 of 3 seeds");
    expect(claimsTable(claims)).toContain("\\|seed\\| is the seed.");
    expect(claimsTable(claims)).toMatch(/\| 0 +\| seed 1 ± 1, images 5 ± 0 \(idx:/);
    expect(readdirSync(join(folder, "all/holds")).sort()).toEqual(["seed-0", "seed-1", "seed-2"]);
    expect(withTable(readme(), claimsTable(claims))).toBe(readme());
  });

  test("--quick writes no claims", async () => {
    const before = readme();
    const { out } = await repro(["--all", "--quick", ...small, ...at("quick")], root);
    expect(out).toContain("--quick: nothing was written");
    expect(readme()).toBe(before);
  });
});

describe("Ctrl-C", () => {
  test.each([
    ["in a loop that awaits progress", []],
    ["in an example that heeds nothing", ["--quick"]],
  ])("%s: status 130", async (_, more) => {
    const argv = ["--conditions=source", join(fixtures, "repro.ts"), "broken", "waits", ...small.slice(0, 2), ...more];
    const child = spawn(process.execPath, argv, { cwd: folder });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk) => void (out += String(chunk)));
    child.stderr.on("data", (chunk) => {
      if (err === "") child.kill("SIGINT");
      err += String(chunk);
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, out, err]).toEqual([EXIT.interrupted, "", "waiting\nnpm run repro: stopped\n"]);
  });
});
