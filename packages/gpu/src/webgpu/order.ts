/** Work that may have to wait for the device: done at once while nothing waits, else in turn. */
export class Order {
  private readonly waiting: (() => void | Promise<void>)[] = [];
  private last: Promise<void> | null = null;

  /** Does `job` after all given before. It must not throw. */
  do(job: () => void | Promise<void>): void {
    if (this.last !== null) {
      this.waiting.push(job);
      return;
    }
    const done = job();
    if (done !== undefined) this.last = this.rest(done);
  }

  private async rest(first: Promise<void>): Promise<void> {
    await first;
    for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) await job();
    this.last = null;
  }

  /** True while nothing waits. */
  get idle(): boolean {
    return this.last === null;
  }
}
