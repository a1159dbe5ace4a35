// The most floating-point operations per second that a WebAssembly loop reaches: no memory, twelve independent accumulators, and for each
// a multiplication and an addition of four lanes per round; fused into one instruction where the engine has relaxed SIMD.
const ACCUMULATORS = 12;
const UNROLLED = 4;
const ROUNDS = 1_000_000;

const unsigned = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...unsigned(n >>> 7)]);
const section = (id: number, body: readonly number[]): number[] => [id, ...unsigned(body.length), ...body];
const simd = (op: number): number[] => [0xfd, ...unsigned(op)];

const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const splat = (x: number): number[] => [0x43, ...new Uint8Array(new Float32Array([x]).buffer), ...simd(0x13)];
const ADD = simd(0xe4);
const MUL = simd(0xe6);
const MADD = simd(0x105);

/** `run(rounds) → f32`. Local 0 counts rounds, 1 and 2 hold the factors, the accumulators follow. */
function moduleBytes(fused: boolean): Uint8Array<ArrayBuffer> {
  const accumulators = Array.from({ length: ACCUMULATORS }, (_, i) => 3 + i);
  // Fused: acc = p q + acc, in place. Else acc = acc p + q, since a product p q would be computed once for all.
  const step = (acc: number): number[] =>
    fused
      ? [...get(1), ...get(2), ...get(acc), ...MADD, ...set(acc)]
      : [...get(acc), ...get(1), ...MUL, ...get(2), ...ADD, ...set(acc)];
  const code = [
    ...[1, ...unsigned(2 + ACCUMULATORS), 0x7b],
    ...[...splat(fused ? 1e-6 : 0.999), ...set(1), ...splat(fused ? 1e-3 : 0.001), ...set(2)],
    ...accumulators.flatMap((acc) => [...splat(1 + acc / 16), ...set(acc)]),
    ...[0x03, 0x40],
    ...Array.from({ length: UNROLLED }, () => accumulators.flatMap(step)).flat(),
    ...[...get(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
    ...accumulators.flatMap((acc, i) => (i === 0 ? get(acc) : [...get(acc), ...ADD])),
    ...[0xfd, 0x1f, 0, 0x0b],
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

const flops = ROUNDS * UNROLLED * ACCUMULATORS * 4 * 2;

/** Times of the loop in ms, and how many operations each took. */
export function simdPeak(budget: number): { times: number[]; flops: number; fused: boolean } {
  const fused = WebAssembly.validate(moduleBytes(true));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(fused)));
  const run = instance.exports.run as (rounds: number) => number;
  const end = performance.now() + budget;
  for (const warm = performance.now() + Math.min(300, budget); performance.now() < warm; ) run(ROUNDS);
  const times: number[] = [];
  do {
    const start = performance.now();
    run(ROUNDS);
    times.push(performance.now() - start);
  } while (performance.now() < end || times.length < 10);
  return { times, flops, fused };
}
