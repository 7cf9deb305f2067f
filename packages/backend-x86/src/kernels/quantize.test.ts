import { ops, Tensor } from "@coracle/core";
import { expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, floats, programOf } from "../testing/one-op.ts";

const scales = (count: number): Tensor => floats([count], 0.01, 0.1);

test("one scale", async () => {
  const [scale, zeroPoint] = [Tensor.scalar("f32", 0.02), Tensor.scalar("u8", 100)];
  const attrs = { axis: 1, blockSize: 0, saturate: true };
  await expectReference(
    { op: ops.quantizeLinear, attrs, inputs: [floats([3, 5, 37]), scale, zeroPoint] },
    "x86/quantize-linear",
  );
  const x = Tensor.from(
    "u8",
    [300],
    Uint8Array.from({ length: 300 }, (_, i) => i % 256),
  );
  await expectReference(
    { op: ops.dequantizeLinear, attrs: { axis: 0, blockSize: 0 }, inputs: [x, scale, zeroPoint] },
    "x86/dequantize-linear",
  );
});

test("a scale for each channel", async () => {
  const zeroPoint = Tensor.from("i8", [5], [0, 3, -7, 100, -100]);
  const attrs = { axis: 1, blockSize: 0, saturate: true };
  await expectReference(
    { op: ops.quantizeLinear, attrs, inputs: [floats([3, 5, 37]), scales(5), zeroPoint] },
    "x86/quantize-linear",
  );
  const x = Tensor.from(
    "i8",
    [2, 5, 9],
    Int8Array.from({ length: 90 }, (_, i) => i - 45),
  );
  await expectReference(
    { op: ops.dequantizeLinear, attrs: { axis: 1, blockSize: 0 }, inputs: [x, scales(5), zeroPoint] },
    "x86/dequantize-linear",
  );
});

test("dynamic", async () => {
  await expectReference(
    { op: ops.dynamicQuantizeLinear, attrs: {}, inputs: [floats([5, 33])] },
    "x86/dynamic-quantize-linear",
  );
});

test("scales in blocks are refused with the reason", () => {
  const attrs = { axis: 0, blockSize: 2, saturate: true };
  const inputs = [floats([4, 3]), floats([2, 3], 0.1, 1), Tensor.zeros("u8", [2, 3])];
  const { program } = programOf({ op: ops.quantizeLinear, attrs, inputs });
  const kernel = x86.kernels.find(({ name }) => name === "x86/quantize-linear");
  expect(kernel?.supports(program.nodes[0]!)).toBe("scales in blocks");
});
