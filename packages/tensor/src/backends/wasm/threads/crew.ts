import {
  type Call,
  CONTROL_WORDS,
  DONE_WORD,
  ERROR_WORD,
  type Job,
  type Member,
  member,
  type Shared,
} from "./member.ts";

/** What both kinds of worker can do. */
interface Port {
  send(message: unknown): void;
  /** Whether the worker keeps the process alive. */
  hold(on: boolean): void;
  end(): void;
}
/** Tells of a worker: it runs, it has answered, it is gone. */
interface Events {
  message(data: unknown): void;
  failed(): void;
}

/** The worker's whole program. `__name` is what some bundlers put around functions. */
const program = (boot: string): string =>
  `const __name = (f) => f; const member = ${member}; const start = ({ shared, id, leads }, port) => { const m = member(shared, id); port.send("ready"); if (!leads) m.follow(); port.listen(({ batch, jobs }) => { let error = null; try { for (const job of jobs) m.lead(job); } catch (e) { error = String(e); } const control = new Int32Array(shared.control); Atomics.store(control, ${ERROR_WORD}, error === null ? 0 : 1); Atomics.store(control, ${DONE_WORD}, batch); Atomics.notify(control, ${DONE_WORD}); port.send({ batch, error }); }); }; ${boot}`;

declare const process: { getBuiltinModule?(name: string): unknown } | undefined;
declare const navigator: { readonly hardwareConcurrency?: number } | undefined;

interface NodeWorker {
  on(event: string, handler: (x: unknown) => void): void;
  postMessage(message: unknown): void;
  ref(): void;
  unref(): void;
  terminate(): unknown;
}

const builtin = <T>(name: string): T | undefined =>
  typeof process === "undefined" ? undefined : (process.getBuiltinModule?.(name) as T | undefined);

function nodePort(first: object, events: Events): Port | null {
  const threads = builtin<{ Worker: new (code: string, options: object) => NodeWorker }>("node:worker_threads");
  if (threads === undefined) return null;
  const code = program(
    `const { workerData, parentPort } = require("node:worker_threads"); start(workerData, { send: (x) => parentPort.postMessage(x), listen: (f) => parentPort.on("message", f) });`,
  );
  const worker = new threads.Worker(code, { eval: true, workerData: first, execArgv: [] });
  worker.on("message", (data) => events.message(data));
  worker.on("error", () => events.failed());
  // After the listeners, which would hold the process.
  worker.unref();
  return {
    send: (message) => worker.postMessage(message),
    hold: (on) => (on ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  };
}

function webPort(first: object, events: Events): Port | null {
  if (typeof Worker === "undefined" || typeof Blob === "undefined") return null;
  const code = program(
    `let listener = null; const port = { send: (x) => postMessage(x), listen: (f) => { listener = f; } }; onmessage = ({ data }) => (listener === null ? start(data, port) : listener(data));`,
  );
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    URL.revokeObjectURL(url);
    events.message(data);
  };
  worker.onerror = () => events.failed();
  worker.postMessage(first);
  return { send: (message) => worker.postMessage(message), hold() {}, end: () => worker.terminate() };
}

/** Processors that this program may use. */
export function processors(): number {
  if (typeof navigator !== "undefined") return navigator.hardwareConcurrency ?? 1;
  return builtin<{ availableParallelism(): number }>("node:os")?.availableParallelism() ?? 1;
}

/** Whether threads can share memory here, and get to know modules that are compiled later. */
export function canShare(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  return new SharedArrayBuffer(8, { maxByteLength: 16 }).growable === true;
}

/** Whether the calling thread may sleep: the main thread of a browser may not. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Position in a job of the indices per chunk. */
const GRAIN = 5;

/** Bytes of the modules of one backend, at most. */
const MOST_CODE = 2 ** 28;

/**
 * The threads of one backend. Either the calling thread leads and takes its share, or (`beside`) one of the workers leads and the calling thread stays
 * free. Workers start by themselves; until they run, and if they cannot, nothing but the speed is different.
 */
export class Crew {
  /** Threads that work. */
  readonly size: number;
  /** Threads that may need memory of their own: the calling one, and workers. */
  readonly members: number;
  readonly beside: boolean;
  readonly #shared: Shared;
  readonly #own: Member;
  readonly #ports: Port[] = [];
  #leader: Port | null = null;
  /** The batch that the leader works on, and who hears of its end. */
  #current: { readonly batch: number; readonly finish: (error: string | null) => void } | null = null;
  #booted: Promise<unknown> | null = null;
  #closed = false;
  #codeBytes = 0;

  constructor(memory: WebAssembly.Memory, size: number, beside: boolean, hosts: readonly string[]) {
    this.size = size;
    this.members = size + Number(beside);
    this.beside = beside;
    this.#shared = {
      memory,
      code: new SharedArrayBuffer(65536, { maxByteLength: MOST_CODE }),
      control: new SharedArrayBuffer(4 * (CONTROL_WORDS + size + 1)),
      hosts,
    };
    this.#own = member(this.#shared, 0);
  }

  /** Chunks that each member has run: the calling thread first. */
  get shares(): number[] {
    return Array.from(new Int32Array(this.#shared.control).subarray(CONTROL_WORDS));
  }

  /** Waits until the worker that leads has done `batch`; gives what went wrong. */
  wait(batch: number): string | null {
    const control = new Int32Array(this.#shared.control);
    const sleeps = maySleep();
    for (let done = 0; (done = Atomics.load(control, DONE_WORD)) !== batch; )
      if (sleeps) Atomics.wait(control, DONE_WORD, done);
    return Atomics.load(control, ERROR_WORD) === 0 ? null : "a thread failed while it ran a kernel";
  }

  /** Puts a module where all members find it; gives its place, or −1 when there is no more room. */
  publish(module: Uint8Array, functions: readonly Call[]): number {
    const { code } = this.#shared;
    const place = this.#codeBytes;
    const end = place + module.length;
    if (end > MOST_CODE) return -1;
    if (end > code.byteLength) code.grow(Math.min(MOST_CODE, Math.max(end, 2 * code.byteLength)));
    new Uint8Array(code).set(module, place);
    this.#codeBytes = end;
    this.#own.knows(place, functions);
    return place;
  }

  /** The calling thread runs a job: together with those who are awake, or alone in one piece where a worker led, or the workers were ended. */
  lead(job: Job): void {
    this.#own.lead(this.beside || this.#closed ? job.with(GRAIN, 2 ** 31) : job);
  }

  /** True when a worker leads that can be given batches. */
  get ledBeside(): boolean {
    return this.#leader !== null;
  }

  /** Gives a batch of jobs to the worker that leads; `finish` hears of its end, and of what went wrong. */
  send(batch: number, jobs: readonly Job[], finish: (error: string | null) => void): void {
    this.#current = { batch, finish };
    this.#leader?.hold(true);
    this.#leader?.send({ batch, jobs });
  }

  /** Starts the workers; settles when each of them runs or has failed. The process waits for them if `hold`. */
  async start(hold: boolean): Promise<void> {
    this.#booted ??= Promise.all(
      Array.from({ length: this.size - Number(!this.beside) }, (_, i) => this.#boot(i + 1, this.beside && i === 0)),
    );
    if (hold) for (const p of this.#ports) p.hold(true);
    await this.#booted;
    if (hold && this.#current === null) for (const p of this.#ports) p.hold(false);
  }

  #boot(id: number, leads: boolean): Promise<void> {
    return new Promise((resolve) => {
      let port: Port | null = null;
      const ended = (batch: number | undefined, error: string | null): void => {
        const current = this.#current;
        // Whoever waited for a batch by itself has gone on.
        if (current === null || current.batch !== batch) return;
        port?.hold(false);
        this.#current = null;
        current.finish(error);
      };
      const events: Events = {
        message: (data) => {
          if (data !== "ready") {
            const { batch, error } = data as { batch: number; error: string | null };
            ended(batch, error);
            return;
          }
          if (leads) this.#leader = port;
          resolve();
        },
        failed: () => {
          if (leads) {
            this.#leader = null;
            ended(this.#current?.batch, "the thread that leads has failed");
          }
          resolve();
        },
      };
      try {
        const first = { shared: this.#shared, id, leads };
        port = nodePort(first, events) ?? webPort(first, events);
      } catch {
        // No worker may be made here (a policy of the page forbids it): the calling thread does the work.
      }
      if (port === null) resolve();
      else this.#ports.push(port);
    });
  }

  /** Ends the workers; a batch that one of them works on fails. */
  close(): void {
    this.#closed = true;
    this.#leader = null;
    for (const p of this.#ports.splice(0)) p.end();
    this.#booted = Promise.resolve();
    const current = this.#current;
    this.#current = null;
    current?.finish("the workers were ended while they computed; await what is pending before close()");
  }
}
