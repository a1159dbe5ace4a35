/** `npm start`: trains a convnet on MNIST and writes a report. */
import { rm } from "node:fs/promises";
import { webgpu } from "@gradus/gpu";
import { setBackend } from "@gradus/tensor";
import { useSoftwareDriver } from "./driver.ts";
import { parseArgs } from "./tour/options.ts";
import { runTour } from "./tour/tour.ts";

const CHECKPOINT = ".gradus/start.safetensors";

const options = parseArgs(process.argv);
const controller = new AbortController();
let interrupts = 0;
process.on("SIGINT", () => {
  if (++interrupts > 1) process.exit(130);
  controller.abort();
});
try {
  if (options.backend === "webgpu") {
    useSoftwareDriver();
    await setBackend(webgpu());
  }
  const outcome = await runTour({ ...options, checkpoint: CHECKPOINT, signal: controller.signal });
  if (outcome === null) {
    console.error(`\nStopped. The state is in ${CHECKPOINT}; go on with: npm start -- --resume`);
    process.exitCode = 130;
  } else {
    await rm(CHECKPOINT, { force: true });
    const { accuracy, seconds, report } = outcome;
    console.log(
      options.json
        ? JSON.stringify({ accuracy, seconds, report })
        : `Test accuracy ${(accuracy * 100).toFixed(2)} % after ${seconds.toFixed(1)} s. Report: ${report}`,
    );
  }
} catch (error) {
  console.error(`npm start: ${(error as Error).message}`);
  process.exitCode = 1;
}
