import { globSync } from "node:fs";
import { basename, join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { ExampleError, UsageError } from "../errors.ts";
import type { Example } from "../example.ts";

/** An example's file. */
export interface Found {
  readonly slug: string;
  /** Folder of its package. */
  readonly package: string;
  readonly path: string;
}

/** The examples under `root`: `packages/*\/examples/*.ts`, by name. */
export function discover(root: string): Found[] {
  const found = globSync("packages/*/examples/*.ts", { cwd: root })
    .map((file) => ({
      slug: basename(file, ".ts"),
      package: file.split(sep)[1] as string,
      path: join(root, file),
    }))
    .sort((a, b) => (a.slug < b.slug ? -1 : 1));
  for (const [i, { slug, path }] of found.entries())
    if (found[i + 1]?.slug === slug)
      throw new ExampleError(`two examples are called ${slug}: ${path}, ${found[i + 1]?.path}; rename one`);
  return found;
}

/** The example called `slug`. Throws {@link UsageError} when there is none. */
export function find(examples: readonly Found[], slug: string): Found {
  const found = examples.find((example) => example.slug === slug);
  if (found === undefined)
    throw new UsageError(
      `no example is called ${JSON.stringify(slug)}; choose ${examples.map((e) => e.slug).join(", ")}`,
    );
  return found;
}

/** Imports an example. Throws {@link ExampleError} when it cannot be, or its default export is no {@link Example} of the file's name. */
export async function load({ slug, path }: Found): Promise<Example> {
  const { default: example } = (await import(/* @vite-ignore */ pathToFileURL(path).href).catch((error: unknown) => {
    throw new ExampleError(`${path}: it cannot be imported (${said(error)})`);
  })) as { default?: Partial<Example> };
  const missing = (["slug", "title", "paper", "claim"] as const).find((field) => typeof example?.[field] !== "string");
  if (missing !== undefined || typeof example?.run !== "function")
    throw new ExampleError(
      `${path}: its default export has no ${missing ?? "run"}; see Example in tools/src/example.ts`,
    );
  if (example.slug !== slug)
    throw new ExampleError(`${path}: its slug is ${JSON.stringify(example.slug)}; name both alike`);
  return example as Example;
}

/** What an error says. */
export const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
