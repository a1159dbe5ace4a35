import { copyFileSync, globSync, mkdirSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { build } from "esbuild";
import { type Parts, packDigits } from "./digits.ts";

const gallery = resolve(import.meta.dirname, "../../../docs/gallery");

/** Builds the pages of the gallery as static files, each in a folder of its own, and gives the folder of all. */
export async function buildGallery(parts: Parts, target: string = join(gallery, "dist")): Promise<string> {
  rmSync(target, { recursive: true, force: true });
  for (const module of globSync("*/main.ts", { cwd: gallery }).map((f) => join(gallery, f))) {
    const [from, to] = [join(module, ".."), join(target, basename(join(module, "..")))];
    mkdirSync(to, { recursive: true });
    await build({
      entryPoints: [module],
      outdir: to,
      bundle: true,
      splitting: true,
      format: "esm",
      minify: true,
      conditions: ["source"],
      target: "es2023",
      logLevel: "error",
    });
    for (const file of globSync("*.{html,css,svg}", { cwd: from })) copyFileSync(join(from, file), join(to, file));
  }
  packDigits(join(target, "train"), parts);
  return target;
}
