import { fileURLToPath } from "node:url";
import { open, type Tab } from "../../../tools/src/chromium.ts";
import type { Measurer } from "../harness/measure.ts";
import type { Job, Reply, Request } from "../harness/messages.ts";

const page = fileURLToPath(new URL("./page.ts", import.meta.url));
const files = fileURLToPath(new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist", import.meta.url));
const external = ["onnxruntime-web", "onnxruntime-node"];

/** A browser that measures one subject on one case. */
export class BrowserTab implements Measurer {
  readonly job: Job;
  readonly counts: boolean;
  private readonly tab: Promise<Tab>;

  constructor(job: Job) {
    this.job = job;
    this.counts = job.subject.endsWith("-webgpu");
    const tell = process.env.BENCH_DEBUG ? console.error : () => undefined;
    this.tab = open(page, { files, external, tell, isolated: job.threads > 1 });
    this.tab.catch(() => undefined);
  }

  /** One question, one answer; a page that crashes answers that it failed. */
  async ask(request: Request): Promise<Reply> {
    try {
      const { page, broken } = await this.tab;
      const answer = page
        .waitForFunction("globalThis.answer !== undefined", undefined, { timeout: 60_000 })
        .then(() => page.evaluate(`globalThis.answer(${JSON.stringify(request)})`));
      return (await Promise.race([answer, broken])) as Reply;
    } catch (e) {
      return { kind: "failed", reason: (e as Error).message.split("\n")[0] as string };
    }
  }

  end(): void {
    this.tab.then((t) => t.close()).catch(() => undefined);
  }
}
