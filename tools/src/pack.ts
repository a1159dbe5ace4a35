import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A published package and its tarball. */
export interface Packed {
  readonly name: string;
  readonly tarball: string;
}

/** Packs every public package of the repository into a new folder, as `npm publish` would. */
export function packAll(): Packed[] {
  const target = mkdtempSync(join(tmpdir(), "gradus-pack-"));
  return globSync("packages/*/package.json")
    .sort()
    .map((file) => {
      const { name } = JSON.parse(readFileSync(file, "utf8")) as { name: string };
      const out = execFileSync("npm", ["pack", "--json", "--pack-destination", target], {
        cwd: dirname(file),
        stdio: ["ignore", "pipe", "ignore"],
      });
      const report = JSON.parse(String(out)) as { filename: string }[] | Record<string, { filename: string }>;
      const [entry] = Object.values(report) as { filename: string }[];
      return { name, tarball: join(target, (entry as { filename: string }).filename) };
    });
}

/** An empty project with every public package installed from its tarball; nothing is fetched, so a package that needs more than it should fails. */
export function projectWithAll(): string {
  const project = mkdtempSync(join(tmpdir(), "gradus-project-"));
  const dependencies = Object.fromEntries(packAll().map((p) => [p.name, `file:${p.tarball}`]));
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  execFileSync("npm", ["install", "--no-package-lock", "--offline"], { cwd: project, stdio: "inherit" });
  return project;
}
