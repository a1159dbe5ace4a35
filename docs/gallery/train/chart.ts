import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

/** A point of a curve, and the backend that computed it. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly by: string;
}

/** What is said about a chart. */
export interface ChartOptions {
  readonly format: (y: number) => string;
  /** Ends of the y axis for these values. */
  readonly range: (values: readonly number[]) => readonly [number, number];
  /** Images at the right end. */
  readonly end: number;
  /** Draws dots, joined as they are; without, a running mean over the values. */
  readonly dots?: boolean;
}

const HEIGHT = 230;
const MARGIN = { left: 48, right: 12, top: 10, bottom: 34 };
/** Points that are drawn at most: of more, means of neighbours. */
const MOST = 400;

const svg = (name: string, attributes: Readonly<Record<string, string | number>>, text = ""): SVGElement => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
};

/** Means of so many neighbours that few enough points are left; none across a change of backend. */
function thinned(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / MOST);
  if (size <= 1) return [...points];
  const out: Point[] = [];
  for (let i = 0; i < points.length; ) {
    const { by } = points[i] as Point;
    let [x, y, n] = [0, 0, 0];
    for (; n < size && points[i]?.by === by; i++, n++) {
      x += (points[i] as Point).x;
      y += (points[i] as Point).y;
    }
    out.push({ x: x / n, y: y / n, by });
  }
  return out;
}

/** The curve in pieces, one for each backend in turn; each begins where the one before ends. */
function pieces(points: readonly Point[]): { by: string; points: Point[] }[] {
  const out: { by: string; points: Point[] }[] = [];
  for (const p of points) {
    const last = out.at(-1);
    if (last?.by === p.by) last.points.push(p);
    else out.push({ by: p.by, points: [...(last?.points.slice(-1) ?? []), p] });
  }
  return out;
}

/** Draws a curve over the images seen into a figure, in the colours of the backends (`--wasm` and so on in the style sheet). */
export function drawChart(root: Element, points: readonly Point[], { format, range, end, dots }: ChartOptions): void {
  const shown = thinned(points);
  const width = Math.max(240, root.clientWidth);
  const x = scaleLinear([0, Math.max(2000, end)], [MARGIN.left, width - MARGIN.right]);
  const y = scaleLinear(range(shown.map((p) => p.y)), [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(5);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
  for (const tick of y.ticks(5))
    picture.append(
      svg("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: MARGIN.left - 8, y: y(tick) + 4, "text-anchor": "end" }, format(tick)),
    );
  const thousands = (v: number): string => (v === 0 ? "0" : `${v / 1000}k`);
  for (const tick of x.ticks(Math.min(6, width / 80)))
    picture.append(
      svg("text", { x: x(tick), y: HEIGHT - MARGIN.bottom + 18, "text-anchor": "middle" }, thousands(tick)),
    );
  picture.append(
    svg(
      "text",
      { class: "axis", x: width - MARGIN.right, y: HEIGHT - 5, "text-anchor": "end" },
      "training images seen",
    ),
  );
  const path = line<Point>(
    (p) => x(p.x),
    (p) => y(p.y),
  );
  // a running mean that is not drawn to where it began
  let [sum, weight] = [0, 0];
  const smooth = shown.map((p) => {
    [sum, weight] = [0.9 * sum + p.y, 0.9 * weight + 1];
    return { ...p, y: sum / weight };
  });
  const frame = { x: MARGIN.left, y: 0, width, height: HEIGHT - MARGIN.bottom + 2 };
  const clip = svg("clipPath", { id: `clip-${root.id}` });
  clip.append(svg("rect", frame));
  const curve = svg("g", { "clip-path": `url(#clip-${root.id})` });
  picture.append(clip, curve);
  if (!dots)
    for (const piece of pieces(shown))
      curve.append(svg("path", { class: "faint", style: `stroke: var(--${piece.by})`, d: path(piece.points) ?? "" }));
  for (const piece of pieces(dots ? shown : smooth))
    curve.append(svg("path", { style: `stroke: var(--${piece.by})`, d: path(piece.points) ?? "" }));
  if (dots)
    for (const p of shown) curve.append(svg("circle", { cx: x(p.x), cy: y(p.y), r: 3, style: `fill: var(--${p.by})` }));
  root.replaceChildren(picture);
}
