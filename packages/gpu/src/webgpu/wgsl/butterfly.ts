/** The largest prime that a transform takes as a radix. */
const LARGEST = 13;

/** Radices whose product is n, the large ones first; null where a prime is too large. */
export function factors(n: number): number[] | null {
  const list: number[] = [];
  let rest = n;
  for (const r of [8, 4, 2, 3, 5, 7, 11, LARGEST])
    while (rest % r === 0) {
      // 16 is 4·4 rather than 8·2
      if (r === 8 && rest % 16 === 0 && (rest / 16) % 2 === 1) break;
      list.push(r);
      rest /= r;
    }
  return rest === 1 ? list : null;
}

/** Radices of passes over memory: one pass where a row fits in `shared`; else as few as let eight neighbours fit. */
export function passesOf(n: number, shared: number): number[][] {
  const list = factors(n) as number[];
  if (n <= shared) return [list];
  list.sort((a, b) => b - a);
  for (let count = 2; ; count++) {
    const groups = Array.from({ length: count }, () => ({ size: 1, radices: [] as number[] }));
    for (const r of list) {
      const smallest = groups.reduce((a, b) => (b.size < a.size ? b : a));
      smallest.radices.push(r);
      smallest.size *= r;
    }
    if (groups.every((g) => g.size <= shared / 8)) return groups.map((g) => g.radices);
  }
}

/** turn(k, n) = e^{−2πi k/n} for k < n: the angle to the nearest quarter is exact in integers, and at most π/4. */
export const complexFunctions: string = `fn times(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
fn back(a: vec2<f32>) -> vec2<f32> { return vec2<f32>(a.y, -a.x); }
fn turn(k: u32, n: u32) -> vec2<f32> {
let quarter = (4u * k + (n >> 1u)) / n;
let w = g_waves(f32(i32(4u * k - quarter * n)) * (${Math.PI / 2} / f32(n)));
let z = vec2<f32>(w.y, -w.x);
let y = select(z, back(z), (quarter & 1u) == 1u);
return select(y, -y, (quarter & 2u) == 2u);
}`;

const float = (x: number): string => `f32(${x})`;

/** Statements that transform the variables v(0) … v(r − 1) in place. `tag` keeps names apart. */
export function butterfly(r: number, v: (k: number) => string, tag: string): string[] {
  if (r === 2) return [`let t${tag} = ${v(0)} - ${v(1)};`, `${v(0)} += ${v(1)};`, `${v(1)} = t${tag};`];
  if (r === 4) {
    const [a, b, c, d] = ["a", "b", "c", "d"].map((x) => `${x}${tag}`);
    return [
      `let ${a} = ${v(0)} + ${v(2)}; let ${b} = ${v(0)} - ${v(2)};`,
      `let ${c} = ${v(1)} + ${v(3)}; let ${d} = back(${v(1)} - ${v(3)});`,
      `${v(0)} = ${a} + ${c}; ${v(1)} = ${b} + ${d}; ${v(2)} = ${a} - ${c}; ${v(3)} = ${b} - ${d};`,
    ];
  }
  if (r === 8) {
    // of even and odd terms, then E + w O and E − w O
    const half = `vec2<f32>(${Math.SQRT1_2}, ${-Math.SQRT1_2})`;
    const turns = ["", half, "", `vec2<f32>(${-Math.SQRT1_2}, ${-Math.SQRT1_2})`];
    const [e, o] = [0, 1].map(
      (odd) =>
        (k: number): string =>
          v(2 * k + odd),
    ) as [typeof v, typeof v];
    return [
      ...butterfly(4, e, `${tag}e`),
      ...butterfly(4, o, `${tag}o`),
      ...[0, 1, 2, 3].map((k) => {
        const turned = k === 0 ? o(k) : k === 2 ? `back(${o(k)})` : `times(${o(k)}, ${turns[k]})`;
        return `let p${tag}${k} = ${e(k)}; let q${tag}${k} = ${turned};`;
      }),
      ...[0, 1, 2, 3].map((k) => `${v(k)} = p${tag}${k} + q${tag}${k}; ${v(k + 4)} = p${tag}${k} - q${tag}${k};`),
    ];
  }
  // an odd prime: pairs k and r − k, whose turns are conjugates
  const h = (r - 1) / 2;
  const ks = Array.from({ length: h }, (_, i) => i + 1);
  const angle = (j: number, k: number): number => (2 * Math.PI * ((j * k) % r)) / r;
  return [
    ...ks.map((k) => `let s${tag}${k} = ${v(k)} + ${v(r - k)}; let d${tag}${k} = back(${v(k)} - ${v(r - k)});`),
    ...ks.flatMap((j) => [
      `let a${tag}${j} = ${[v(0), ...ks.map((k) => `${float(Math.cos(angle(j, k)))} * s${tag}${k}`)].join(" + ")};`,
      `let b${tag}${j} = ${ks.map((k) => `${float(Math.sin(angle(j, k)))} * d${tag}${k}`).join(" + ")};`,
    ]),
    `${v(0)} = ${[v(0), ...ks.map((k) => `s${tag}${k}`)].join(" + ")};`,
    ...ks.map((j) => `${v(j)} = a${tag}${j} + b${tag}${j}; ${v(r - j)} = a${tag}${j} - b${tag}${j};`),
  ];
}
