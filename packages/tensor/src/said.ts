/** A value as an error message shows it: one line, short, whatever the value is. */
export function said(x: unknown, depth = 0): string {
  if (typeof x === "string") return JSON.stringify(x.length > 60 ? `${x.slice(0, 60)}…` : x);
  if (typeof x === "function") return "a function";
  if (Array.isArray(x)) {
    if (depth > 1) return "[…]";
    const shown = x.slice(0, 8).map((y) => said(y, depth + 1));
    return `[${[...shown, ...(x.length > 8 ? ["…"] : [])].join(", ")}]`;
  }
  if (typeof x !== "object" || x === null) return Object.is(x, -0) ? "-0" : String(x);
  const name = (x as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `a ${name}` : "an object";
}
