import { type Bytes, PIXELS } from "./data.ts";

const SIDE = 28;

/** Draws an image as ink: the canvas is transparent where there is none, so that it fits light and dark pages. */
function draw(canvas: HTMLCanvasElement, pixels: Uint8Array, ink: readonly [number, number, number]): void {
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < PIXELS; i++) image.data.set([...ink, pixels[i] as number], 4 * i);
  context.putImageData(image, 0, 0);
}

/** Some test images, each with what the network takes it for, and how sure it is. */
export function drawDigits(
  list: Element,
  { images, labels }: Bytes,
  shown: readonly number[],
  read: readonly Float32Array[],
): void {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const items = shown.map((at, i) => {
    const item = document.createElement("li");
    const canvas = document.createElement("canvas");
    draw(canvas, images.subarray(at * PIXELS, (at + 1) * PIXELS), dark ? [235, 238, 245] : [20, 24, 32]);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `a handwritten ${labels[at]}`);
    item.append(canvas);
    const p = read[i];
    if (p === undefined) return item;
    const guess = p.indexOf(Math.max(...p));
    const right = guess === labels[at];
    item.className = right ? "right" : "wrong";
    const answer = document.createElement("span");
    answer.className = "answer";
    answer.textContent = `${right ? "✓" : "✗"} ${guess}`;
    const sure = document.createElement("span");
    sure.className = "sure";
    sure.textContent = `${(100 * (p[guess] as number)).toFixed(0)} %`;
    item.append(answer, sure);
    return item;
  });
  list.replaceChildren(...items);
}
