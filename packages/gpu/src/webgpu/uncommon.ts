// What only some programs need, in a part of its own that bundlers keep apart: see loading.ts.
export { switchRunner, whileRunner } from "./control.ts";
export { inParts } from "./parts/index.ts";
export { prepared } from "./routines/index.ts";
export { runningRunner } from "./running.ts";
export { scanRunner } from "./scan.ts";
