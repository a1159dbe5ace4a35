import { spawnSync } from "node:child_process";

// npm run test:nightly: the random programs, 5,000 of each property, from a seed of the day unless GRADUS_SEED gives one.
const seed = process.env.GRADUS_SEED ?? String(Math.floor(Date.now() / 86_400_000));
console.log(`GRADUS_SEED=${seed}`);
const { status } = spawnSync("vitest", ["run", "packages/tensor/test/plan/programs.test.ts", "--testTimeout=3600000"], {
  stdio: "inherit",
  shell: process.platform === "win32",
  env: { GRADUS_PROGRAMS: "5000", ...process.env, GRADUS_SEED: seed },
});
process.exitCode = status ?? 1;
