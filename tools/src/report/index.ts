import type { Figure } from "../figures/index.ts";
import { dataUrl } from "../figures/index.ts";

/** Part of a report. */
export interface Section {
  readonly heading: string;
  /** A paragraph above the figures. */
  readonly text?: string;
  /** Rows under their head. */
  readonly table?: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** Pictures with captions; those of one entry stand above each other under one caption. */
  readonly figures?: readonly (Figure | { readonly caption: string; readonly stack: readonly Figure[] })[];
}

/** What a report says. */
export interface Report {
  readonly title: string;
  /** The paragraph under the title. */
  readonly lead: string;
  readonly sections: readonly Section[];
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 760px; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }
figure { display: inline-block; margin: 0 .6rem 1rem 0; text-align: center; vertical-align: top; }
figcaption { font-size: .8rem; color: #555; }
img { display: block; margin: 0 auto .2rem; max-width: 100%; height: auto; } img.png { image-rendering: pixelated; }
table { border-collapse: collapse; } th, td { padding: .15rem .8rem .15rem 0; text-align: left; }
`;

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => entities[c] as string);

const image = (figure: Figure): string =>
  `<img class="${figure.kind}" alt="${escaped(figure.title)}" src="${dataUrl(figure)}">`;

const shown = (entry: NonNullable<Section["figures"]>[number]): string => {
  const [caption, stack] = "stack" in entry ? [entry.caption, entry.stack] : [entry.title, [entry]];
  return `<figure>${stack.map(image).join("")}<figcaption>${escaped(caption)}</figcaption></figure>`;
};

const row = (cells: readonly string[], tag: "th" | "td"): string =>
  `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;

const written = ({ heading, text, table, figures = [] }: Section): string =>
  [
    `<h2>${escaped(heading)}</h2>`,
    text === undefined ? "" : `<p>${escaped(text)}</p>`,
    table === undefined
      ? ""
      : `<table>${row(table.head, "th")}${table.rows.map((cells) => row(cells, "td")).join("\n")}</table>`,
    ...figures.map(shown),
  ]
    .filter((part) => part !== "")
    .join("\n");

/** A report as one HTML page that needs nothing else: styles and pictures are inside, and there are no scripts. Texts are escaped. */
export const htmlReport = ({ title, lead, sections }: Report): string => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
<p>${escaped(lead)}</p>
${sections.map(written).join("\n")}
</html>
`;
