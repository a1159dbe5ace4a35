/** Spans that the rate is taken over, in milliseconds. */
const WINDOW = 3000;

/** Images per second, over the last seconds that were spent on training. */
export class Meter {
  private spans: { readonly ms: number; readonly images: number }[] = [];
  private from: number | null = null;

  /** Time from now on counts again. */
  resume(): void {
    if (this.from !== null) this.from = performance.now();
  }

  /** Forgets all: something else computes now. Its first step, which compiles, is not counted. */
  restart(): void {
    this.spans = [];
    this.from = null;
  }

  /** A step is done. */
  step(images: number): void {
    const now = performance.now();
    if (this.from !== null) this.spans.push({ ms: now - this.from, images });
    this.from = now;
    let ms = 0;
    let first = this.spans.length;
    while (first > 0 && ms < WINDOW) ms += (this.spans[--first] as { ms: number }).ms;
    this.spans.splice(0, first);
  }

  /** Images per second, or null when too little was measured. */
  get rate(): number | null {
    const ms = this.spans.reduce((sum, s) => sum + s.ms, 0);
    return ms > 0 ? (1000 * this.spans.reduce((sum, s) => sum + s.images, 0)) / ms : null;
  }
}
