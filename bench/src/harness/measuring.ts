// A process that measures one subject on one case when it is asked to.
import { subjectNamed } from "../subjects/index.ts";
import { answers } from "./answers.ts";
import type { Request } from "./messages.ts";

const answer = answers(subjectNamed, (e) => {
  if (process.env.BENCH_DEBUG) console.error(e);
});
process.on("message", (request: Request) => {
  answer(request).then((reply) => process.send?.(reply));
});
process.on("disconnect", () => process.exit());
