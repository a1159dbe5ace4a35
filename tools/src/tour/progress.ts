import { Presets, SingleBar } from "cli-progress";
import type { Tick } from "./run.ts";

/** A bar on stderr; without a terminal, a line at each tenth. */
export interface ProgressBar {
  tick(tick: Tick): void;
  stop(): void;
}

/** Shows epoch, loss, accuracy and images per second; the last two numbers are running means. */
export function progressBar(total: number, done: number, batch: number): ProgressBar {
  const began = performance.now();
  let seen = 0;
  let loss = 0;
  let accuracy = 0;
  const bar = new SingleBar(
    {
      format:
        " {bar} {percentage} % | epoch {epoch} | loss {loss} | accuracy {accuracy} % | {speed} images/s | {eta_formatted} left",
      stream: process.stderr,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  const terminal = process.stderr.isTTY;
  if (terminal) bar.start(total, done, { epoch: 1, loss: "–", accuracy: "–", speed: "–" });
  return {
    tick(tick) {
      seen++;
      const keep = Math.min(0.95, 1 - 1 / seen);
      loss = keep * loss + (1 - keep) * tick.loss;
      accuracy = keep * accuracy + (1 - keep) * tick.accuracy;
      const now = {
        epoch: tick.epoch + 1,
        loss: loss.toFixed(3),
        accuracy: (accuracy * 100).toFixed(1),
        speed: ((seen * batch * 1000) / (performance.now() - began)).toFixed(0),
      };
      if (terminal) bar.update(done + seen, now);
      else if (Math.floor(((done + seen) * 10) / total) > Math.floor(((done + seen - 1) * 10) / total))
        process.stderr.write(
          `${Math.round(((done + seen) * 100) / total)} % | epoch ${now.epoch} | loss ${now.loss} | accuracy ${now.accuracy} % | ${now.speed} images/s\n`,
        );
    },
    stop: () => bar.stop(),
  };
}
