import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../", import.meta.url));

/** Versions asked for, by package. */
export const peers = (): Readonly<Record<string, string>> =>
  (JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as { dependencies: Record<string, string> }).dependencies;

const installed = (name: string): string | null => {
  const file = `${folder}node_modules/${name}/package.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version : null;
};

/** Installs the peers when one is missing or has another version. */
export function installPeers(): void {
  if (Object.entries(peers()).every(([name, version]) => installed(name) === version)) return;
  console.log("The libraries to compare with are not installed yet: npm ci in bench/ (about 900 MB) …");
  execFileSync("npm", ["ci", "--ignore-scripts"], { cwd: folder, stdio: "inherit" });
}
