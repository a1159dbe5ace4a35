/** `npm run repro`: tries the claims of papers. */
import { join } from "node:path";
import { program } from "./repro/program.ts";

await program(join(import.meta.dirname, "../.."), process.argv.slice(2));
