import { describe, expect, test } from "vitest";
import { Tensor } from "../ir/tensor.ts";
import { type DftAttrs, dft, stft } from "./fourier.ts";
import { melWeights } from "./mel-weights.ts";
import { f32, run, typeOf } from "./testing/run.ts";

const scalar = (value: number): Tensor => Tensor.scalar("i64", value);
const transform = (
  x: Tensor,
  length: number,
  attrs: DftAttrs,
): { shape: readonly number[]; values: number[] } => run(dft, attrs, [x, scalar(length), scalar(1)]);

/** By its definition. */
function expected(x: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, k) => {
    let [re, im] = [0, 0];
    for (let n = 0; n < Math.min(length, x.length); n++) {
      re += x[n]! * Math.cos((2 * Math.PI * k * n) / length);
      im -= x[n]! * Math.sin((2 * Math.PI * k * n) / length);
    }
    return [re, im];
  }).flat();
}

describe("dft", () => {
  test.each([1, 2, 5, 8, 12, 16])("of length %i is the sum that defines it, and comes back", (length) => {
    const x = Array.from({ length: 8 }, (_, i) => Math.sin(i * i) + i / 8);
    const forward = transform(f32([1, 8, 1], x), length, { inverse: false, onesided: false });
    expect(forward.shape).toEqual([1, length, 2]);
    expected(Array.from(Float32Array.from(x)), length).forEach((value, i) => {
      expect(forward.values[i]).toBeCloseTo(value, 4);
    });
    const half = transform(f32([1, 8, 1], x), length, { inverse: false, onesided: true });
    const back = transform(f32(half.shape, half.values), length, { inverse: true, onesided: true });
    expect(back.shape).toEqual([1, length, 1]);
    back.values.forEach((value, i) => {
      expect(value).toBeCloseTo(x[i] ?? 0, 4);
    });
  });

  test("sizes that only a run makes known are symbols", () => {
    const types = [f32([2, 6, 1], new Array(12).fill(0)).type, scalar(6).type, scalar(1).type];
    const attrs = { inverse: false, onesided: true };
    expect(typeOf(dft, attrs, types).shape).toEqual(["?0", "?1", 2]);
    expect(typeOf(dft, attrs, types, [undefined, undefined, scalar(1)]).shape).toEqual([2, "?bins", 2]);
    expect(typeOf(dft, attrs, types, [undefined, scalar(6), scalar(1)]).shape).toEqual([2, 4, 2]);
  });

  test("refuses what is no signal", () => {
    expect(() => transform(f32([1, 3], [1, 2, 3]), 3, { inverse: false, onesided: false })).toThrow(
      "x has shape [1,3]; expected 1 (real) or 2 (complex) as the last dimension.",
    );
    expect(() =>
      run(dft, { inverse: false, onesided: false }, [f32([3, 1], [1, 2, 3]), scalar(3), scalar(1)]),
    ).toThrow("axis 1 of rank 2; expected one before the last.");
    expect(() => transform(f32([1, 3, 1], [1, 2, 3]), 0, { inverse: false, onesided: false })).toThrow(
      "dftLength 0; expected at least 1.",
    );
  });
});

test("stft windows each frame", () => {
  const y = run(stft, { onesided: true }, [
    f32([1, 4], [1, 2, 3, 4]),
    scalar(2),
    f32([2], [1, 0.5]),
    scalar(2),
  ]);
  expect(y).toEqual({ shape: [1, 2, 2, 2], values: [2, 0, 0, 0, 5, 0, 1, 0] });
});

test("melWeights refuses edges below 0", () => {
  const inputs = [scalar(2), scalar(8), scalar(100), Tensor.scalar("f32", -10), Tensor.scalar("f32", 50)];
  expect(() => run(melWeights, { dtype: "f32" }, inputs)).toThrow("lowerEdgeHertz -10; expected at least 0.");
});
