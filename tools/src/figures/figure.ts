/** A picture: the bytes of a PNG file, or the text of an SVG file. */
export type Figure = {
  /** Becomes the file's name: lower-case letters, digits, hyphens. */
  readonly name: string;
  /** What it shows. */
  readonly title: string;
} & ({ readonly kind: "png"; readonly data: Uint8Array } | { readonly kind: "svg"; readonly data: string });

/** A figure as an address that an `<img>` takes. */
export function dataUrl(figure: Figure): string {
  const type = figure.kind === "png" ? "image/png" : "image/svg+xml";
  return `data:${type};base64,${Buffer.from(figure.data).toString("base64")}`;
}
