import { BackendError } from "../../../errors.ts";
import type { Crew } from "./crew.ts";
import { type Call, type Job, MOST_ARGUMENTS } from "./member.ts";

/** A compiled kernel: (addresses of its buffers, start, end). */
export interface Entry {
  readonly call: Call;
  /** Where members find its module, or −1: only the calling thread can run it. */
  readonly place: number;
  readonly bytes: number;
  readonly index: number;
}

/** How the range of a call may be cut: indices per chunk, and estimated nanoseconds of the whole call. */
export interface Cut {
  readonly grain: number;
  readonly cost: number;
  /** Argument that is the address of scratch memory, and bytes of it per member. */
  readonly scratch?: { readonly argument: number; readonly bytes: number };
}

/** Not worth calling others for. */
export const LEAST_COST = 40_000;
/** Workers start when there was this much for them to do. */
const BOOT_COST = 5_000_000;

type Item = { readonly jobs: Job[] } | { readonly host: () => void };

/**
 * All that touches the memory of a backend, in order. It is done at once, unless a worker leads: then it is done when its turn comes, and whoever wants a
 * result waits for it.
 */
export class Queue {
  readonly crew: Crew | null;
  readonly #least: number;
  #work = 0;
  #items: Item[] = [];
  /** Number of the batch that is being worked on, and what ends it. */
  #batch = 0;
  #finish: ((error: string | null) => void) | null = null;
  #scheduled = false;
  #failure: BackendError | null = null;

  constructor(crew: Crew | null, least: number = LEAST_COST) {
    this.crew = crew;
    this.#least = least;
  }

  /** True while there is something to wait for. */
  get pending(): boolean {
    return this.#items.length > 0 || this.#finish !== null;
  }

  /** Runs a kernel over [from, to). */
  call(entry: Entry, args: readonly number[], from: number, to: number, cut: Cut | null = null): void {
    const { crew } = this;
    if (crew === null || entry.place < 0 || args.length > MOST_ARGUMENTS) {
      const own = [...args];
      this.host(() => entry.call(...own, from, to));
      return;
    }
    const apart = cut !== null && cut.cost >= this.#least && cut.grain < to - from;
    if (apart) {
      this.#work += cut.cost;
      if (this.#work > BOOT_COST) void crew.start(false);
    }
    if (!crew.ledBeside && (!apart || crew.beside)) {
      entry.call(...args, from, to);
      return;
    }
    const scratch = cut?.scratch;
    const job = [
      entry.place,
      entry.bytes,
      entry.index,
      from,
      to,
      apart ? cut.grain : Math.max(1, to - from),
      apart && scratch !== undefined ? scratch.argument : -1,
      scratch?.bytes ?? 0,
      ...args,
    ];
    if (!crew.ledBeside) {
      crew.lead(job);
      return;
    }
    const last = this.#items.at(-1);
    if (last !== undefined && "jobs" in last) last.jobs.push(job);
    else this.#items.push({ jobs: [job] });
    this.#schedule();
  }

  /** Runs something of the calling thread. */
  host(run: () => void): void {
    if (!this.pending) {
      run();
      return;
    }
    this.#items.push({ host: run });
    this.#schedule();
  }

  /** Repeats `emit`, whose calls are done before `more` is asked, while `more` is true. */
  repeat(emit: () => void, more: () => boolean): void {
    const again = (): void => {
      for (;;) {
        emit();
        if (this.pending) break;
        if (!more()) return;
      }
      this.host(() => {
        // What a step that failed has left tells nothing.
        if (this.#failure === null && more()) again();
      });
    };
    again();
  }

  /** What `look` sees when all that was asked before is done. */
  read<T>(look: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.host(() => {
        if (this.#failure !== null) reject(this.#told());
        else
          try {
            resolve(look());
          } catch (e) {
            reject(e);
          }
      });
    });
  }

  /** The same at once: the calling thread waits. */
  readNow<T>(look: () => T): T {
    this.#drain();
    if (this.#failure !== null) throw this.#told();
    return look();
  }

  /** The failure; it is forgotten when all who wait now have been told. */
  #told(): BackendError | null {
    const failure = this.#failure;
    queueMicrotask(() => {
      if (this.#failure === failure) this.#failure = null;
    });
    return failure;
  }

  #schedule(): void {
    if (this.#scheduled || this.#finish !== null) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#finish === null) this.#next();
    });
  }

  /** Works until a batch is under way, or nothing is left. */
  #next(): void {
    for (;;) {
      const item = this.#items.shift();
      if (item === undefined) return;
      if ("jobs" in item) {
        this.#give(item.jobs);
        if (this.#finish !== null) return;
      } else this.#here(item.host);
    }
  }

  /** What a step of the calling thread asks for comes before all that waits. */
  #here(host: () => void): void {
    const rest = this.#items;
    this.#items = [];
    try {
      host();
    } catch (e) {
      this.#failure = e instanceof BackendError ? e : new BackendError(`wasm: ${e instanceof Error ? e.message : e}`);
    }
    this.#items.push(...rest);
  }

  #give(jobs: Job[]): void {
    const crew = this.crew as Crew;
    if (!crew.ledBeside) {
      // The leader is gone.
      this.#here(() => {
        for (const job of jobs) crew.lead(job);
      });
      return;
    }
    const batch = ++this.#batch;
    const finish = (error: string | null): void => {
      if (this.#finish !== finish) return;
      this.#finish = null;
      if (error !== null) this.#failure = new BackendError(`wasm: ${error}`);
    };
    this.#finish = finish;
    crew.send(batch, jobs, (error) => {
      if (this.#finish !== finish) return;
      finish(error);
      this.#next();
    });
  }

  /** Does all that waits. */
  #drain(): void {
    while (this.pending) {
      if (this.#finish === null) {
        this.#next();
        continue;
      }
      this.#finish((this.crew as Crew).wait(this.#batch));
    }
  }
}
