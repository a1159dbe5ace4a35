import { spawnSync } from "node:child_process";
import { packAll } from "./pack.ts";

// Every tarball must resolve and have true types for users of ES modules.
let failed = false;
for (const { name, tarball } of packAll()) {
  for (const [tool, ...args] of [
    ["publint", "run", tarball, "--strict"],
    ["attw", tarball, "--profile", "esm-only", "--no-color"],
  ] as const) {
    const { status, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8" });
    console.log(`${status === 0 ? "ok  " : "FAIL"} ${name} ${tool}`);
    if (status !== 0) {
      failed = true;
      console.log(stdout + stderr);
    }
  }
}
process.exit(failed ? 1 : 0);
