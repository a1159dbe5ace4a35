import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../.changeset/", import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith(".md"));
const packages = readdirSync(fileURLToPath(new URL("../../packages/", import.meta.url))).map((p) => `@gradus/${p}`);

// A formatter once took the front matter for a heading.
test.each(files)("%s names packages and the kind of their change", (name) => {
  const [, head] = readFileSync(folder + name, "utf8").match(/^---\n([\s\S]*?)\n---\n\n\S/) ?? [];
  const lines = (head ?? "").split("\n").map((line) => line.match(/^"(.+)": (major|minor|patch)$/)?.[1]);
  for (const p of lines) expect(packages).toContain(p);
});
