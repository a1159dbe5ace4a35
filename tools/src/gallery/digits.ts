import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { mnist, type Split } from "../datasets/index.ts";

/** Images of each part. */
export interface Parts {
  readonly train: number;
  readonly test: number;
}

/** Writes the first images of MNIST into a folder, as the page loads them: one gzipped file of bytes, and one that says what is in it. */
export function packDigits(folder: string, { train, test }: Parts): void {
  const data = mnist();
  const parts: Split[] = [data.train.take(train), data.test.take(test)];
  const packed = gzipSync(Buffer.concat(parts.flatMap(({ images, labels }) => [images, labels])), { level: 9 });
  const [a, b] = parts.map((part) => part.size);
  writeFileSync(join(folder, "digits.bin"), packed);
  writeFileSync(join(folder, "digits.json"), `${JSON.stringify({ train: a, test: b, bytes: packed.length })}\n`);
}
