import type { Choice } from "./backends.ts";
import { drawChart, type Point } from "./chart.ts";
import { count, percent, perSecond } from "./words.ts";

/** The element of an id in index.html. */
export const at = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** What the page is doing. */
export type Phase = "loading" | "ready" | "working" | "running" | "paused" | "stopped";

const element = (name: string, className: string, text: string): HTMLElement => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

/** Puts a choice on the page; `chosen` is called when the visitor takes it. It is open to choice once it is known to be there. */
export function offer(choice: Choice, chosen: () => void): void {
  const label = document.createElement("label");
  label.className = "choice";
  label.style.setProperty("--own", `var(--${choice.name})`);
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "backend", value: choice.name, disabled: true });
  input.addEventListener("change", chosen);
  const about = element("span", "about", choice.about);
  label.append(input, element("span", "title", choice.title), about, element("span", "speed", ""));
  at("backends").append(label);
  choice.missing().then((reason) => {
    input.disabled = reason !== null;
    if (reason !== null) about.textContent = `Not here: ${reason}`;
  });
}

const radio = (name: string): HTMLInputElement => document.querySelector(`input[value="${name}"]`) as HTMLInputElement;

/** Marks a choice as taken. */
export const take = (name: string): void => {
  radio(name).checked = true;
};

/** Says how fast a choice was. */
export function tellSpeed(name: string, rate: number): void {
  (radio(name).parentElement?.querySelector(".speed") as HTMLElement).textContent = perSecond(rate);
}

/** Shows a problem, or takes it away. */
export function tellProblem(text: string | null): void {
  at("problem").hidden = text === null;
  at("problem").textContent = text ?? "";
}

/** Adds a remark to those about what does not run where one might think. */
export function tellNote(text: string): void {
  at("notes").hidden = false;
  at("notelist").append(element("li", "", text));
}

/** Which buttons can be pressed, and what the first of them does. */
export function setPhase(phase: Phase): void {
  const start = at<HTMLButtonElement>("start");
  start.textContent = phase === "running" ? "Pause" : phase === "paused" ? "Continue" : "Start";
  start.disabled = phase === "loading" || phase === "working";
  at<HTMLButtonElement>("stop").disabled = phase !== "running" && phase !== "paused";
  at<HTMLButtonElement>("reset").disabled = phase === "loading" || phase === "working";
  at<HTMLButtonElement>("others").disabled = phase === "loading" || phase === "working" || phase === "running";
  // a run keeps what it was begun with
  for (const id of ["optimizer", "rate", "batch"])
    at<HTMLSelectElement>(id).disabled = phase === "running" || phase === "paused" || phase === "working";
  document.body.dataset.phase = phase;
}

/** The curves so far. */
export class Curves {
  private losses: Point[] = [];
  private accuracies: Point[] = [];
  private titles = new Map<string, string>();
  private waiting = false;

  constructor() {
    new ResizeObserver(() => this.draw()).observe(at("losses"));
  }

  loss(seen: number, loss: number, { name, title }: Choice): void {
    this.losses.push({ x: seen, y: loss, by: name });
    this.titles.set(name, title);
    this.draw();
  }

  accuracy(seen: number, accuracy: number, { name }: Choice): void {
    this.accuracies.push({ x: seen, y: accuracy, by: name });
    this.draw();
  }

  clear(): void {
    this.losses = [];
    this.accuracies = [];
    this.titles.clear();
    this.draw();
  }

  /** Draws before the next frame, however much has come by then. */
  private draw(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      const end = this.losses.at(-1)?.x ?? 0;
      drawChart(at("losses"), this.losses, {
        format: (y) => String(y),
        range: (ys) => [0, Math.max(0.5, ...ys.filter(Number.isFinite))],
        end,
      });
      drawChart(at("accuracies"), this.accuracies, {
        format: (y) => `${Math.round(100 * y)} %`,
        // once it reads most of them, what matters is how few are left
        range: (ys) => [(ys.at(-1) ?? 0) > 0.9 ? 0.8 : 0, 1],
        dots: true,
        end,
      });
      at("legend").replaceChildren(
        ...[...this.titles].map(([name, title]) => {
          const item = element("li", "", title);
          item.style.setProperty("--own", `var(--${name})`);
          return item;
        }),
      );
    });
  }

  /** The curves in words, for those who do not see them. */
  describe(): void {
    const [first, last] = [this.losses[0], this.losses.at(-1)];
    if (first !== undefined && last !== undefined)
      at("losses").setAttribute(
        "aria-label",
        `Loss: ${first.y.toFixed(2)} at first, ${last.y.toFixed(3)} after ${count(last.x)} images`,
      );
    const test = this.accuracies.at(-1);
    if (test !== undefined)
      at("accuracies").setAttribute("aria-label", `Test accuracy: ${percent(test.y)} after ${count(test.x)} images`);
  }
}
