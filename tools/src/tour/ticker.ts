import type { Progress } from "../progress.ts";
import type { Tick } from "./run.ts";

/** Shows epoch, loss, accuracy and images per second on a bar; loss and accuracy are running means. */
export function ticker(bar: Progress, total: number, done: number, batch: number): (tick: Tick) => void {
  const began = performance.now();
  let seen = 0;
  let loss = 0;
  let accuracy = 0;
  return (tick) => {
    seen++;
    const keep = Math.min(0.95, 1 - 1 / seen);
    loss = keep * loss + (1 - keep) * tick.loss;
    accuracy = keep * accuracy + (1 - keep) * tick.accuracy;
    const speed = (seen * batch * 1000) / (performance.now() - began);
    bar.update(
      (done + seen) / total,
      `epoch ${tick.epoch + 1} | loss ${loss.toFixed(3)} | accuracy ${(accuracy * 100).toFixed(1)} % | ${speed.toFixed(0)} images/s`,
    );
  };
}
