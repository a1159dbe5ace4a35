/** `npm run gallery`: builds the pages that run in the browser, and serves them. */
import { Command, InvalidArgumentError } from "commander";
import { buildGallery } from "./gallery/build.ts";
import { serve } from "./gallery/serve.ts";

const atLeast =
  (low: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < low)
      throw new InvalidArgumentError(`expected an integer of at least ${low}`);
    return value;
  };

const options = new Command("npm run gallery --")
  .description("Builds the pages of docs/gallery into docs/gallery/dist, as static files.")
  .option("--train <n>", "training images that are packed", atLeast(256), 10_000)
  .option("--test <n>", "test images that are packed", atLeast(1), 2_000)
  .option("--serve", "serve the pages on this machine afterwards, with the headers that threads need", false)
  .option("--port <n>", "port to serve on; a free one unless told", atLeast(1), 0)
  .allowExcessArguments(false)
  .parse(process.argv)
  .opts<{ train: number; test: number; serve: boolean; port: number }>();
try {
  const folder = await buildGallery(options);
  console.log(`Built ${folder}`);
  if (options.serve) console.log(`Open ${(await serve(folder, { port: options.port })).address}train/`);
} catch (error) {
  console.error(`npm run gallery: ${(error as Error).message}`);
  process.exitCode = 1;
}
