import { defineConfig } from "vitest/config";

// Tests run the TypeScript sources: nothing has to be built first.
export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: { include: ["packages/*/test/**/*.test.ts", "tools/test/**/*.test.ts"], testTimeout: 120_000, maxWorkers: 2 },
});
