/** Longest expression that takes others in: compilers refuse what is nested too deeply. */
const LONG = 200;

const variable = /\bv\d+\b/g;
const declaration = /^(?:float|int|vec4) (v\d+) = (.*);$/;

/** Statements in which values that are used once, in the block that declares them, stand where they are used: drivers keep variables in memory. */
export function inlined(all: readonly string[]): string[] {
  const lines = needed(all);
  const block = [0];
  let blocks = 0;
  const home = new Map<string, number>();
  const uses = new Map<string, number>();
  for (const line of lines) {
    if (line.startsWith("}")) block.pop();
    const here = block.at(-1) as number;
    for (const [name] of line.matchAll(variable)) {
      if (!home.has(name)) home.set(name, here);
      // What is used in other blocks counts as used often.
      else uses.set(name, (uses.get(name) ?? 0) + (home.get(name) === here ? 1 : 2));
    }
    if (line.endsWith("{")) block.push(++blocks);
  }
  const texts = new Map<string, string>();
  return lines.flatMap((line) => {
    const text = line.replace(variable, (name) => texts.get(name) ?? name);
    const [, name, value] = declaration.exec(text) ?? [];
    if (name === undefined || value === undefined || uses.get(name) !== 1 || value.length > LONG) return [text];
    texts.set(name, `(${value})`);
    return [];
  });
}

/** Statements without those that declare what nobody uses. */
function needed(lines: readonly string[]): string[] {
  const used = new Set<string>();
  return lines
    .toReversed()
    .filter((line) => {
      const name = declaration.exec(line)?.[1];
      if (name !== undefined && !used.has(name)) return false;
      for (const [other] of line.matchAll(variable)) if (other !== name) used.add(other);
      return true;
    })
    .toReversed();
}
