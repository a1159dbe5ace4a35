import { MultiBar, Presets } from "cli-progress";

/** A bar on a terminal. */
export interface Progress {
  /** Moves the bar to `share` of its length, 0…1, and says how it goes. */
  update(share: number, text?: string): void;
  /** Writes a line above the bar. */
  log(line: string): void;
  /** Ends the bar. */
  stop(): void;
}

/** Where and whether a bar is drawn. */
export interface ProgressOptions {
  /** Neither bar nor lines; false unless told. */
  readonly silent?: boolean;
  /** stderr unless told. */
  readonly stream?: NodeJS.WriteStream;
}

/** A progress bar, from its first update on. Where the stream is no terminal there is no bar, only the lines of `log`. */
export function progress({ silent = false, stream = process.stderr }: ProgressOptions = {}): Progress {
  if (silent) return { update() {}, log() {}, stop() {} };
  if (!stream.isTTY) return { update() {}, log: (line) => void stream.write(`${line}\n`), stop() {} };
  const bars = new MultiBar(
    {
      format: " {bar} {percentage} % | {eta_formatted} left | {text}",
      stream,
      hideCursor: true,
      gracefulExit: false,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let bar: ReturnType<MultiBar["create"]> | undefined;
  return {
    update(share, text = "") {
      bar ??= bars.create(1000, 0, { text });
      bar.update(Math.round(Math.min(1, Math.max(0, share)) * 1000), { text });
    },
    log(line) {
      if (bar === undefined) stream.write(`${line}\n`);
      else bars.log(`${line}\n`);
    },
    stop() {
      if (bar === undefined) return;
      bars.update(); // writes the lines that wait
      bars.stop();
      bar = undefined;
    },
  };
}
