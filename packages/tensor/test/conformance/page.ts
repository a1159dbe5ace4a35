import { backends } from "./backends.ts";
import { conformance } from "./suite.ts";

// What runs in the browser for `--in chromium`: the options are in the address, the outcome goes to the page.
const options = new URLSearchParams(location.search);
const target = globalThis as { outcome?: unknown };
try {
  const make = backends[options.get("backend") ?? ""] as (typeof backends)[string];
  const subject = await make();
  target.outcome =
    typeof subject === "string"
      ? { missing: subject }
      : await conformance(subject, {
          only: options.get("only") ?? undefined,
          every: Number(options.get("every") ?? 1),
          verbose: options.has("verbose"),
          tell: (line) => console.error(line),
        });
} catch (e) {
  target.outcome = { error: (e as Error).message };
}
