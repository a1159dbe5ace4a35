import { type Choice, choices } from "./backends.ts";
import { load } from "./data.ts";
import { drawDigits } from "./digits.ts";
import { at, Curves, offer, type Phase, setPhase, take, tellNote, tellProblem, tellSpeed } from "./page.ts";
import { EPOCHS, Session, type Settings } from "./session.ts";
import { count, inWords, noStart, percent } from "./words.ts";

const SHOWN = 12;
const curves = new Curves();
let phase: Phase = "loading";
let choice = choices[0] as Choice;

const say = (text: string): void => {
  at("status").textContent = text;
};
const enter = (next: Phase): void => {
  phase = next;
  setPhase(next);
};
const settings = (): Settings => ({
  optimizer: at<HTMLSelectElement>("optimizer").value as Settings["optimizer"],
  learningRate: Number(at<HTMLSelectElement>("rate").value),
  batch: Number(at<HTMLSelectElement>("batch").value),
});

enter("loading");
for (const c of choices) offer(c, () => queue(() => move(c)));

/** What the visitor asks for is done in turn. */
let turn: Promise<unknown> = Promise.resolve();
function queue(action: () => Promise<void>): void {
  turn = turn.then(action).catch((e: unknown) => {
    tellProblem(inWords(e, choice.title));
    enter("stopped");
    say("Stopped.");
  });
}

const progress = at<HTMLProgressElement>("progress");
const digits = await load((share) => {
  progress.value = share;
  say(`Loading the digits: ${Math.round(100 * share)} %`);
}).catch((e: Error) => {
  tellProblem(`The digits did not arrive: ${e.message}`);
  say("Not loaded.");
  throw e;
});
progress.value = 0;
at("tests").textContent = count(digits.test.labels.length);

let shown: number[] = [];
let average: number | null = null;
let later = 0;
const session = new Session(digits, {
  step({ epoch, step, steps, loss, seen, rate }) {
    average = average === null ? loss : 0.95 * average + 0.05 * loss;
    curves.loss(seen, loss, choice);
    // numbers that change too often cannot be read
    if (performance.now() < later) return;
    later = performance.now() + 200;
    progress.value = (epoch * steps + step + 1) / (EPOCHS * steps);
    say(`Pass ${epoch + 1} of ${EPOCHS}, step ${step + 1} of ${steps}`);
    at("loss").textContent = average.toFixed(3);
    at("seen").textContent = count(seen);
    if (rate === null) return;
    at("speed").textContent = count(rate);
    tellSpeed(choice.name, rate);
  },
  test({ accuracy, seen, read }) {
    at("accuracy").textContent = percent(accuracy);
    curves.accuracy(seen, accuracy, choice);
    drawDigits(at("digits"), digits.test, shown, read);
    curves.describe();
  },
  note: tellNote,
});

/** Whether the training loop is on, and a promise of its end. */
let loop: Promise<void> | null = null;

/** Starts the loop; it ends by itself, by `halt`, or by an error. */
function go(): void {
  tellProblem(null);
  enter("running");
  say(`Compiling for ${choice.title} …`);
  loop = session
    .train(settings())
    .then((completed) => {
      if (!completed) return;
      session.restart();
      enter("stopped");
      say(`Done: ${EPOCHS} passes over ${count(digits.train.labels.length)} images.`);
    })
    .catch((e: unknown) => {
      tellProblem(inWords(e, choice.title));
      enter("stopped");
      say("Stopped by an error.");
    })
    .finally(() => {
      loop = null;
    });
}

/** Ends the loop after the step that is running. */
async function halt(): Promise<void> {
  session.pause();
  await loop;
}

/** Goes on elsewhere. Where the next backend does not start, the one before goes on. */
async function move(next: Choice): Promise<void> {
  const [before, last] = [phase, choice];
  const running = loop !== null;
  enter("working");
  say(`Starting ${next.title} …`);
  tellProblem(null);
  if (running) await halt();
  try {
    choice = next;
    await session.move(next);
    say(`Ready on ${next.title}.`);
  } catch (e) {
    choice = last;
    tellProblem(noStart(e, next.title));
    say(`Still on ${choice.title}.`);
  }
  take(choice.name);
  enter(before === "loading" ? "ready" : before);
  if (running) go();
}

/** The backend that is chosen, if it was lost. */
async function reopen(): Promise<void> {
  if (!session.open) await session.move(choice);
}

at("start").addEventListener("click", () =>
  queue(async () => {
    if (loop !== null) {
      enter("working");
      say("Pausing …");
      await halt();
      if (phase === "working") enter("paused");
      say("Paused.");
    } else {
      enter("working");
      await reopen();
      go();
    }
  }),
);
at("stop").addEventListener("click", () =>
  queue(async () => {
    enter("working");
    await halt();
    session.restart();
    enter("stopped");
    say("Stopped. Start goes on with these weights and what is chosen above.");
  }),
);
at("reset").addEventListener("click", () =>
  queue(async () => {
    enter("working");
    await halt();
    tellProblem(null);
    curves.clear();
    average = null;
    progress.value = 0;
    for (const id of ["loss", "seen", "speed"]) at(id).textContent = "–";
    await session.reset();
    await reopen();
    enter("ready");
    say(`New weights on ${choice.title}.`);
  }),
);
at("others").addEventListener("click", () =>
  queue(async () => {
    const before = phase;
    enter("working");
    await reopen();
    await session.show(draw());
    enter(before);
  }),
);

/** Test images to show. */
const draw = (): number[] =>
  (shown = Array.from({ length: SHOWN }, () => Math.floor(Math.random() * digits.test.labels.length)));

draw();
drawDigits(at("digits"), digits.test, shown, []);
// the CPU is there everywhere; all of it where threads can share memory
queue(async () => {
  await session.show(shown);
  await move(crossOriginIsolated ? (choices[1] as Choice) : choice);
});
addEventListener("pagehide", () => session.pause());
