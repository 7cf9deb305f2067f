import fc from "fast-check";
import { expect, test } from "vitest";
import { arenaAlignment, type Lifetime, layOut } from "./arena.ts";

const lifetime = fc
  .record({ bytes: fc.integer({ min: 0, max: 5_000 }), start: fc.nat(30), length: fc.nat(8) })
  .map(({ bytes, start, length }): Lifetime => ({ bytes, start, end: start + length }));

function overlap(a: Lifetime, b: Lifetime, from: number, other: number): boolean {
  const together = a.start <= b.end && b.start <= a.end;
  return together && from < other + b.bytes && other < from + a.bytes;
}

test("no two live blocks overlap, and all lie inside the arena on aligned offsets", () => {
  fc.assert(
    fc.property(fc.array(lifetime, { maxLength: 60 }), (lifetimes) => {
      const { offsets, bytes } = layOut(lifetimes);
      lifetimes.forEach((a, i) => {
        expect(offsets[i]! % arenaAlignment).toBe(0);
        expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes);
        lifetimes.slice(i + 1).forEach((b, j) => {
          expect(overlap(a, b, offsets[i]!, offsets[i + 1 + j]!)).toBe(false);
        });
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
          lifetimes.reduce((sum, { bytes, start, end }) => (start <= t && t <= end ? sum + bytes : sum), 0),
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

test("a small value fills the gap that a large one leaves", () => {
  const layout = layOut([
    { bytes: 640, start: 0, end: 1 },
    { bytes: 640, start: 1, end: 2 },
    { bytes: 64, start: 2, end: 3 },
  ]);
  expect(layout).toEqual({ offsets: [0, 640, 0], bytes: 1280 });
});
