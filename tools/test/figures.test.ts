import { parseXml } from "@rgrove/parse-xml";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import type { Figure } from "../src/figures/index.ts";
import { barChart, dataUrl, heatmap, imageGrid, lineChart, matrixChart } from "../src/figures/index.ts";
import { htmlReport } from "../src/report/index.ts";

const decoded = (figure: Figure): PNG => PNG.sync.read(Buffer.from(figure.data as Uint8Array));
const pixel = ({ data, width }: PNG, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 4).slice(0, 4),
];

describe("PNG", () => {
  test("every value becomes a square of its colour", () => {
    const figure = heatmap("map", "A map", [0, 1, 2, 4], [2, 2], { scale: 2 });
    expect(figure).toMatchObject({ name: "map", title: "A map", kind: "png" });
    const png = decoded(figure);
    expect([png.width, png.height]).toEqual([4, 4]);
    const gray = [
      [255, 191],
      [128, 0],
    ];
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) {
        const g = gray[y >> 1]?.[x >> 1] as number;
        expect(pixel(png, x, y)).toEqual([g, g, g, 255]);
      }
  });

  test("colour scales, ranges, and values that are no numbers", () => {
    const row = (values: number[], options: Parameters<typeof heatmap>[4]): number[][] => {
      const png = decoded(heatmap("m", "m", values, [1, values.length], { scale: 1, ...options }));
      return values.map((_, i) => pixel(png, i, 0).slice(0, 3));
    };
    const [red, white, blue] = [
      [255, 0, 0],
      [255, 255, 255],
      [0, 0, 255],
    ];
    expect(row([-2, 0, 2], { colors: "diverging" })).toEqual([blue, white, red]);
    expect(row([0, 1 / 3, 1], { colors: "hot" })).toEqual([[0, 0, 0], red, white]);
    expect(row([-5, 5, 9], { range: [0, 5] })).toEqual([white, [0, 0, 0], [0, 0, 0]]);
    expect(row([Number.NaN, 1, Number.POSITIVE_INFINITY], {})).toEqual([
      [255, 0, 255],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(row([0, 0], {})).toEqual([white, white]);
  });

  test("a grid of images, each with its own range", () => {
    const png = decoded(imageGrid("g", "g", [[1], [5], [0]], [1, 1], { columns: 2, gap: 1, scale: 2 }));
    expect([png.width, png.height]).toEqual([5, 5]);
    expect([pixel(png, 0, 0)[0], pixel(png, 2, 0)[0], pixel(png, 3, 0)[0], pixel(png, 0, 3)[0]]).toEqual([
      0, 255, 0, 255,
    ]);
  });

  test("values that do not fill the image are refused", () => {
    expect(() => heatmap("m", "m", [1, 2, 3], [2, 2])).toThrow("figure m: 3 values do not fill 2 rows of 2");
    expect(() => imageGrid("m", "m", [], [2, 2])).toThrow("figure m: no images");
  });
});

describe("SVG", () => {
  const svg = (figure: Figure): string => {
    expect(figure.kind).toBe("svg");
    const root = parseXml(figure.data as string).root;
    expect(root?.name).toBe("svg");
    return root?.text ?? "";
  };

  test("lines, with names and titles that need escaping", async () => {
    const lines = {
      "a < b & c": [
        { x: 0, y: 1 },
        { x: 1, y: 3 },
      ],
      other: [
        { x: 0, y: 2 },
        { x: 1, y: 0 },
      ],
    };
    const text = svg(await lineChart("l", "l", lines, { x: "step", y: "loss", logY: true }));
    expect(text).toContain("a < b & c");
    expect(text).toContain("step");
  });

  test("bars carry their numbers", async () => {
    expect(svg(await barChart("b", "b", { one: 0.25, two: 0.5 }, { y: "share" }))).toMatch(/one.*two.*0\.25.*0\.5/s);
  });

  test("a matrix carries its numbers; a confusion matrix leaves zeros out", async () => {
    const options = { rows: ["r"], columns: ["c", "d"], x: "x", y: "y", legend: "n" };
    expect(svg(await matrixChart("m", "m", [[0.125, 71]], options))).toMatch(/0\.125.*71/s);
    expect(svg(await matrixChart("m", "m", [[72, 0]], { ...options, confusion: true }))).toContain("72");
  });
});

test("a report embeds its figures, escapes its texts and asks for nothing outside", async () => {
  const map = heatmap("map", '"quoted" <map>', [1], [1, 1]);
  const line = await lineChart("l", "line", { a: [{ x: 0, y: 1 }] }, { x: "x", y: "y" });
  const html = htmlReport({
    title: "<script>",
    lead: "a & b",
    sections: [
      { heading: "H", text: "T", table: { head: ["h"], rows: [["<td>"]] }, figures: [line] },
      { heading: "I", figures: [{ caption: "both", stack: [map, map] }] },
    ],
  });
  expect(html).not.toContain("<script");
  expect(html).toContain("<p>a &amp; b</p>");
  expect(html).toContain("<td>&lt;td&gt;</td>");
  expect(html.split(dataUrl(map)).length).toBe(3);
  const sources = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((m) => m[1] as string);
  expect(sources.length).toBe(3);
  expect(sources.every((s) => s.startsWith("data:image/"))).toBe(true);
});
