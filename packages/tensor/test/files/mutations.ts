import fc from "fast-check";

/** One change of a file; fractions say where, so that it fits every file. */
type Change = (bytes: Uint8Array) => Uint8Array;

// Uniform: fc.double() prefers tiny numbers, which would all mean the first byte.
const place = fc.noBias(fc.nat(2 ** 30 - 1)).map((n) => n / 2 ** 30);
const at = (bytes: Uint8Array, where: number): number => Math.floor(where * bytes.length);
const edited = (bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array => {
  const copy = bytes.slice();
  if (copy.length > 0) edit(copy);
  return copy;
};
const joined = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const flip = fc.tuple(place, fc.nat(7)).map(
  ([where, bit]): Change =>
    (bytes) =>
      edited(bytes, (b) => {
        b[at(b, where)]! ^= 1 << bit;
      }),
);
const overwrite = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
  ([where, some]): Change =>
    (bytes) =>
      edited(bytes, (b) => {
        const i = at(b, where);
        b.set(some.subarray(0, b.length - i), i);
      }),
);
// Lengths and offsets: huge, negative or off by one where a header may have them.
const length = fc.tuple(place, fc.constantFrom(0xff, 0x7f, 0x80, 0x01, 0x00), fc.constantFrom(2, 4, 8)).map(
  ([where, byte, width]): Change =>
    (bytes) =>
      edited(bytes, (b) => b.fill(byte, at(b, where), at(b, where) + width)),
);
const start = fc.tuple(fc.nat(16), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
  ([i, some]): Change =>
    (bytes) =>
      edited(bytes, (b) => b.set(some.subarray(0, Math.max(0, b.length - i)), Math.min(i, b.length))),
);
const cut = place.map(
  (where): Change =>
    (bytes) =>
      bytes.slice(0, at(bytes, where)),
);
const remove = fc.tuple(place, fc.integer({ min: 1, max: 16 })).map(
  ([where, n]): Change =>
    (bytes) =>
      joined(bytes.subarray(0, at(bytes, where)), bytes.subarray(at(bytes, where) + n)),
);
const repeat = fc.tuple(place, place, fc.integer({ min: 1, max: 64 })).map(
  ([from, to, n]): Change =>
    (bytes) => {
      const i = at(bytes, from);
      const j = at(bytes, to);
      return joined(bytes.subarray(0, j), bytes.subarray(i, i + n), bytes.subarray(j));
    },
);
const extend = fc.uint8Array({ minLength: 1, maxLength: 32 }).map(
  (more): Change =>
    (bytes) =>
      joined(bytes, more),
);

const change = fc.oneof(flip, overwrite, length, start, cut, remove, repeat, extend);

/** A file with one to four changes of its bytes. */
export const mutated = (files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array<ArrayBuffer>> =>
  fc
    .tuple(fc.constantFrom(...files), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([file, changes]) => new Uint8Array(changes.reduce((bytes, f) => f(bytes), file)));

const numbers = [
  "-1",
  "0",
  "1",
  "2",
  "7",
  "0.5",
  "NaN",
  "nan",
  "1e308",
  "1e2",
  "4294967296",
  "9007199254740993",
  "18446744073709551615",
  "null",
  "[]",
  "-0",
];

/** A text with one to three of its numbers and quoted words replaced, by bad ones or by others of the text. */
export const mutatedText = (texts: readonly string[], words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...texts), fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 3 }))
    .map(([text, edits]) =>
      edits.reduce((now, [which, other]) => {
        const tokens = [...now.matchAll(/-?\d[\w.]*|"[^"]*"|'[^']*'|True|False/g)];
        const token = tokens[Math.floor(which * tokens.length)];
        if (token === undefined) return now;
        const quoted = /^["']/.test(token[0]);
        const same = tokens.map(([t]) => t).filter((t) => /^["']/.test(t) === quoted);
        const quote = token[0][0];
        const choices = [...same, ...(quoted ? words.map((w) => quote + w + quote) : numbers)];
        return (
          now.slice(0, token.index) +
          choices[Math.floor(other * choices.length)] +
          now.slice(token.index + token[0].length)
        );
      }, text),
    );
