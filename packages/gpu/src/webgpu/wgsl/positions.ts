export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Statements that find loop variables of the given extents from a row-major position. */
export function positions(extents: readonly number[], name: (i: number) => string, position: string): string[] {
  let rest = product(extents);
  return extents.map((n, i) => {
    rest /= n;
    const quotient = rest === 1 ? position : `${position} / ${rest}`;
    const whole = i === 0 ? quotient : `(${quotient}) % ${n}`;
    return `let ${name(i)} = ${n === 1 ? "0" : whole};`;
  });
}
