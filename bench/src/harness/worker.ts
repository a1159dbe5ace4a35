import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job, Reply, Request } from "./messages.ts";

const script = fileURLToPath(new URL("./measuring.ts", import.meta.url));

/** A fresh process that measures one subject on one case. */
export class Worker {
  readonly job: Job;
  private readonly child: ChildProcess;
  private lost: string | null = null;

  constructor(job: Job) {
    this.job = job;
    this.child = fork(script, {
      execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"],
      serialization: "advanced",
      env: { ...process.env, GRADUS_DEBUG: "" },
    });
    this.child.once("exit", (code, signal) => {
      this.lost = `the process ended (${signal ?? code})`;
    });
  }

  /** One question, one answer; a process that dies answers that it failed. */
  ask(request: Request): Promise<Reply> {
    return new Promise((resolve) => {
      const { child } = this;
      const finish = (reply: Reply): void => {
        child.off("message", finish);
        child.off("exit", ended);
        resolve(reply);
      };
      const ended = (code: number | null, signal: string | null): void =>
        finish({ kind: "failed", reason: `the process ended (${signal ?? code})` });
      if (this.lost !== null) return resolve({ kind: "failed", reason: this.lost });
      child.on("message", finish);
      child.on("exit", ended);
      child.send(request);
    });
  }

  end(): void {
    if (this.lost === null) this.child.kill();
  }
}
