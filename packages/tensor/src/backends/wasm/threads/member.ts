/** What the threads of one backend share: the memory of its tensors, the bytes of its modules, and the words that say what to do. */
export interface Shared {
  readonly memory: WebAssembly.Memory;
  readonly code: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  /** Names of the host functions that modules import. Kernels that call one are not given to members. */
  readonly hosts: readonly string[];
}

/**
 * A call of a kernel in numbers: place and bytes of its module, number of the function, start, end, indices per chunk, position of the argument that is a
 * scratch address (or −1), scratch bytes per member, then the arguments before start and end.
 */
export type Job = readonly number[];

/** A kernel as a module exports it. */
export type Call = (...args: number[]) => void;

/** One thread of a crew. */
export interface Member {
  /** Tells which functions the module at `place` holds, so that this member does not compile it itself. */
  knows(place: number, functions: readonly Call[]): void;
  /** Runs a job with the help of all who are awake; returns when it is done. Throws Error when a member failed. */
  lead(job: Job): void;
  /** Helps whoever leads; never returns. */
  follow(): void;
}

/** Words of the control block; a counter of chunks per member follows them. */
export const CONTROL_WORDS = 128;
/** Word that the leader beside the calling thread sets to the number of the last batch it has done. */
export const DONE_WORD = 5;
/** Word that is not 0 when something went wrong in that batch. */
export const ERROR_WORD = 6;
/** Most arguments of a job. */
export const MOST_ARGUMENTS = 100;

/**
 * Makes the calling thread member `id`. Other threads get this function as text: it must not refer to anything outside itself.
 *
 * A leader writes the job, opens the gate (`NEXT` = 0) and calls the others by a new `TURN`; each takes chunk after chunk by adding to `NEXT`. Who is `BUSY`
 * may rely on the job's words: the leader closes the gate and waits until nobody is, before it writes the next job. Which member runs a chunk makes no
 * difference to its results.
 */
export function member(shared: Shared, id: number): Member {
  const [NEXT, CHUNKS, BUSY, TURN, FAILED, JOB] = [0, 1, 2, 3, 4, 8] as const;
  const [CLOSED, SPINS, PATIENCE, COUNTERS] = [2 ** 30, 20_000, 1_000_000, 128] as const;
  const control = new Int32Array(shared.control);
  const known = new Map<number, readonly Call[]>();
  const stub = (): number => {
    throw new Error("a kernel that calls the host was given to a member");
  };

  const compile = (place: number, bytes: number): void => {
    const module = new WebAssembly.Module(new Uint8Array(shared.code).slice(place, place + bytes));
    const env = { memory: shared.memory, ...Object.fromEntries(shared.hosts.map((name) => [name, stub])) };
    const { exports } = new WebAssembly.Instance(module, { env } as WebAssembly.Imports);
    known.set(place, Object.values(exports) as Call[]);
  };

  /** Runs chunks until none is left. */
  const take = (call: Call): void => {
    const from = control[JOB + 3] as number;
    const end = control[JOB + 4] as number;
    const grain = control[JOB + 5] as number;
    const scratch = control[JOB + 6] as number;
    const args = Array.from(control.subarray(JOB + 9, JOB + 9 + (control[JOB + 8] as number)));
    if (scratch >= 0) args[scratch] = (args[scratch] as number) + id * (control[JOB + 7] as number);
    for (;;) {
      const chunk = Atomics.add(control, NEXT, 1);
      if (chunk >= Atomics.load(control, CHUNKS)) return;
      control[COUNTERS + id] = (control[COUNTERS + id] as number) + 1;
      const start = from + chunk * grain;
      call(...args, start, Math.min(end, start + grain));
    }
  };

  const open = (): boolean => Atomics.load(control, NEXT) < Atomics.load(control, CHUNKS);

  /** Helps with the job of this turn, if any is left of it. */
  const help = (): void => {
    // A module is compiled while not busy, so that the leader does not wait for it.
    for (let unknown = true; unknown; ) {
      let [place, bytes] = [-1, 0];
      Atomics.add(control, BUSY, 1);
      try {
        if (open()) {
          place = control[JOB] as number;
          bytes = control[JOB + 1] as number;
          const call = known.get(place)?.[control[JOB + 2] as number];
          if (call !== undefined) {
            unknown = false;
            take(call);
          }
        } else unknown = false;
      } catch (e) {
        Atomics.store(control, FAILED, 1);
        throw e;
      } finally {
        if (Atomics.sub(control, BUSY, 1) === 1) Atomics.notify(control, BUSY);
      }
      if (unknown) compile(place, bytes);
    }
  };

  return {
    knows(place, functions) {
      known.set(place, functions);
    },
    lead(job) {
      const [place, , index, from, end, grain] = job as readonly [number, number, number, number, number, number];
      if (!known.has(place)) compile(place, job[1] as number);
      const call = known.get(place)?.[index] as Call;
      const chunks = Math.ceil((end - from) / grain);
      if (chunks <= 1) {
        control[COUNTERS + id] = (control[COUNTERS + id] as number) + 1;
        call(...job.slice(8), from, end);
        return;
      }
      for (let i = 0; i < 8; i++) control[JOB + i] = job[i] as number;
      control[JOB + 8] = job.length - 8;
      for (let i = 8; i < job.length; i++) control[JOB + 1 + i] = job[i] as number;
      Atomics.store(control, CHUNKS, chunks);
      Atomics.store(control, NEXT, 0);
      Atomics.add(control, TURN, 1);
      Atomics.notify(control, TURN);
      let failed = false;
      try {
        take(call);
      } finally {
        Atomics.store(control, NEXT, CLOSED);
        for (let spins = 0, busy = 0; (busy = Atomics.load(control, BUSY)) !== 0; spins++)
          if (spins > SPINS) Atomics.wait(control, BUSY, busy);
        failed = Atomics.exchange(control, FAILED, 0) !== 0;
      }
      if (failed) throw new Error("a thread failed while it ran a kernel");
    },
    follow() {
      for (let seen = 0; ; ) {
        // A few milliseconds: steps follow one another faster than a sleeping thread is given a processor.
        for (let spins = 0; Atomics.load(control, TURN) === seen; spins++)
          if (spins > PATIENCE) Atomics.wait(control, TURN, seen);
        seen = Atomics.load(control, TURN);
        help();
      }
    },
  };
}
