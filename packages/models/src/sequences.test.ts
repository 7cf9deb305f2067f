import { fromOnnx, toOnnx } from "@coracle/convert";
import { Tensor, verify } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { ocrAttention, randomFeeds, transformer } from "./index.ts";
import { expectClose } from "./testing/compare.ts";
import { runReference, runX86 } from "./testing/run.ts";

const shared = { statistics: "random", seed: 3 } as const;
const tiny = { ...shared, width: 32, numHeads: 4, numLayers: 2, vocabularySize: 1000, maxLength: 6 };
const programs = {
  transformer: transformer({ ...tiny, inputShape: [2, 7], numBeams: 3 }),
  ocr_attention: ocrAttention({ ...shared, inputShape: [2, 1, 48, 40], maxLength: 5 }),
};

describe.each(Object.entries(programs))("%s, small", (_, program) => {
  const feeds = randomFeeds(program, 5);
  const expected = runReference(program, feeds);

  test("runs on x86 as by reference", async () => {
    verify(program);
    expect(expected.map(({ shape }) => shape)).toEqual(program.outputs.map(({ type }) => type.shape));
    expectClose(await runX86(program, feeds), expected, 1e-3);
  });

  test("is the same written as ONNX and read again", async () => {
    const again = fromOnnx(toOnnx(program));
    verify(again);
    expectClose(await runX86(again, feeds), expected, 1e-3);
  });
});

const numbers = ({ data }: Tensor): readonly number[] => Array.from(data as Float32Array, Number);

test("more beams find no worse sequence, and the best comes first", async () => {
  const source = { ids: randomFeeds(programs.transformer, 9)["ids"]! };
  const scoresOf = async (numBeams: number): Promise<readonly number[]> =>
    numbers((await runX86(transformer({ ...tiny, inputShape: [2, 7], numBeams }), source))[1]!);
  const [greedy, wide] = [await scoresOf(1), await scoresOf(8)];
  for (const row of [0, 1]) {
    const beams = wide.slice(row * 8, row * 8 + 8);
    expect(beams[0]).toBeGreaterThanOrEqual(greedy[row]! - 1e-4);
    expect(beams).toEqual([...beams].sort((a, b) => b - a));
  }
});

test("padding of the source changes nothing", async () => {
  const ids = [5n, 81n, 33n, 402n];
  const run = async (padding: number): Promise<readonly Tensor[]> => {
    const data = BigInt64Array.from([...ids, ...Array.from({ length: padding }, () => 0n)]);
    const program = transformer({ ...tiny, inputShape: [1, 4 + padding], numBeams: 3 });
    return runX86(program, { ids: Tensor.from("i64", [1, 4 + padding], data) });
  };
  expectClose(await run(3), await run(0), 1e-4);
});

test("a sequence that has ended stays as it is, and the loop ends with the last", async () => {
  const few = { ...tiny, seed: 8, vocabularySize: 8, maxLength: 12, numBeams: 2 };
  const program = transformer({ ...few, inputShape: [4, 5] });
  const ids = Tensor.from(
    "i64",
    [4, 5],
    BigInt64Array.from({ length: 20 }, (_, i) => BigInt(3 + ((i * i + 7 * (i >> 2)) % 5))),
  );
  const [sequences] = await runX86(program, { ids });
  const rows = Array.from({ length: 8 }, (_, i) => numbers(sequences!).slice(i * 12, i * 12 + 12));
  expect(rows.some((row) => row.includes(2))).toBe(true);
  for (const row of rows) {
    const end = row.indexOf(2);
    if (end >= 0) expect(new Set(row.slice(end))).toEqual(new Set([2]));
  }
});

test("batch and source length may stay open", async () => {
  const open = transformer({ ...tiny, numBeams: 3 });
  for (const inputShape of [
    [1, 4],
    [3, 6],
  ] as const) {
    const fixed = transformer({ ...tiny, inputShape, numBeams: 3 });
    const feeds = randomFeeds(fixed, 2);
    expectClose(await runX86(open, feeds), await runX86(fixed, feeds), 1e-4);
  }
});
