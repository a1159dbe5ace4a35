import { spawnSync } from "node:child_process";

// node tools/src/turbo.ts TASK …: runs the tasks of turbo.json, cached, in the order of dependencies; nothing is reported to anyone.
const { status } = spawnSync("turbo", ["run", ...process.argv.slice(2)], {
  stdio: "inherit",
  shell: process.platform === "win32",
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
});
process.exitCode = status ?? 1;
