/** Work that may have to wait for the device: done at once while nothing waits, else in turn. */
export class Order {
  readonly #waiting: (() => void | Promise<void>)[] = [];
  #last: Promise<void> | null = null;

  /** Does `job` after all given before. What it throws at once is thrown here; what fails later is reported as an uncaught error, and the next in turn goes on. */
  do(job: () => void | Promise<void>): void {
    if (this.#last !== null) {
      this.#waiting.push(job);
      return;
    }
    const done = job();
    if (done !== undefined) this.#last = this.#rest(done);
  }

  async #rest(first: Promise<void>): Promise<void> {
    for (
      let job: (() => void | Promise<void>) | undefined = () => first;
      job !== undefined;
      job = this.#waiting.shift()
    )
      try {
        await job();
      } catch (e) {
        queueMicrotask(() => {
          throw e;
        });
      }
    this.#last = null;
  }

  /** True while nothing waits. */
  get idle(): boolean {
    return this.#last === null;
  }
}
