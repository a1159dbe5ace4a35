import { EXIT, main } from "./main.ts";

/** Runs {@link main} as this process: its output, its exit status, its Ctrl-C. A second Ctrl-C ends it at once. */
export async function program(root: string, argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new Error("stopped"));
  });
  const status = await main(argv, {
    root,
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    signal: controller.signal,
  });
  process.exitCode = status;
  if (status === EXIT.interrupted) process.exit(); // an example that does not heed the signal may still run
}
