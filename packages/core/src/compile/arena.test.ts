import fc from "fast-check";
import { expect, test } from "vitest";
import { arenaAlignment, type Lifetime, layOut } from "./arena.ts";

const whole = fc
  .record({ bytes: fc.integer({ min: 0, max: 5_000 }), start: fc.nat(30), length: fc.nat(8) })
  .map(({ bytes, start, length }): Lifetime => ({ bytes, start, end: start + length }));

const inPieces = fc
  .record({
    sizes: fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 900 }), later: fc.nat(6) }), {
      minLength: 1,
    }),
    start: fc.nat(30),
    length: fc.nat(4),
  })
  .map(({ sizes, start, length }): Lifetime => {
    const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, { bytes }) => sum + bytes, 0));
    const starts = sizes.map(({ later }) => start + later);
    const pieces = sizes.map(({ bytes }, i) => ({ offset: offsets[i]!, bytes, start: starts[i]! }));
    const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
    return { bytes, start: Math.min(...starts), end: Math.max(...starts) + length, pieces };
  });

const lifetime = fc.oneof(whole, inPieces);

interface Range {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

const rangesOf = ({ bytes, start, end, pieces }: Lifetime, at: number): Range[] =>
  (pieces ?? [{ offset: 0, bytes, start }]).map((piece) => ({
    from: at + piece.offset,
    to: at + piece.offset + piece.bytes,
    start: piece.start,
    end,
  }));

const overlap = (a: Range, b: Range): boolean =>
  a.start <= b.end && b.start <= a.end && a.from < b.to && b.from < a.to;

test("no two live ranges overlap, and all lie inside the arena on aligned offsets", () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 60 }), (lifetimes) => {
      const { offsets, bytes } = layOut(lifetimes);
      const ranges = lifetimes.map((each, i) => rangesOf(each, offsets[i]!));
      lifetimes.forEach((a, i) => {
        expect(offsets[i]! % arenaAlignment).toBe(0);
        expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
        const others = ranges.slice(i + 1).flat();
        expect(ranges[i]!.some((range) => others.some((other) => overlap(range, other)))).toBe(false);
      });
    }),
  );
});

test("the arena is never smaller than the most bytes alive at once", () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 40 }), (lifetimes) => {
      const peak = Math.max(
        0,
        ...Array.from({ length: 40 }, (_, t) =>
          lifetimes
            .flatMap((each) => rangesOf(each, 0))
            .reduce((sum, { from, to, start, end }) => (start <= t && t <= end ? sum + to - from : sum), 0),
        ),
      );
      expect(layOut(lifetimes).bytes).toBeGreaterThanOrEqual(peak);
    }),
  );
});

test("a chain of equal values takes two slots", () => {
  const chain = Array.from({ length: 10 }, (_, i): Lifetime => ({ bytes: 1024, start: i, end: i + 1 }));
  expect(layOut(chain)).toEqual({ offsets: chain.map((_, i) => (i % 2) * 1024), bytes: 2048 });
});

test("bytes of a whole are free until their piece begins", () => {
  const layout = layOut([
    {
      bytes: 1280,
      start: 0,
      end: 9,
      pieces: [0, 640].map((offset) => ({ offset, bytes: 640, start: offset / 80 })),
    },
    { bytes: 640, start: 1, end: 7 },
    { bytes: 640, start: 1, end: 8 },
  ]);
  expect(layout).toEqual({ offsets: [0, 640, 1280], bytes: 1920 });
});

test("a small value fills the gap that a large one leaves", () => {
  const layout = layOut([
    { bytes: 640, start: 0, end: 1 },
    { bytes: 640, start: 1, end: 2 },
    { bytes: 64, start: 2, end: 3 },
  ]);
  expect(layout).toEqual({ offsets: [0, 640, 0], bytes: 1280 });
});
