import { DataError, dataConstructor, dtypeBytes, dtypes, Tensor } from "@coracle/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readNpy, writeNpy } from "./npy.ts";

test("what is written is read back, for every dtype and rank", () => {
  const writable = dtypes.filter((dtype) => dtype !== "bf16");
  fc.assert(
    fc.property(
      fc.constantFrom(...writable),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      (dtype, shape) => {
        const numElements = shape.reduce((a, b) => a * b, 1);
        const bytes = Uint8Array.from({ length: numElements * dtypeBytes(dtype) }, (_, i) => (i * 37) % 2);
        const tensor = Tensor.from(dtype, shape, new (dataConstructor(dtype))(bytes.buffer));
        expect(readNpy(writeNpy(tensor))).toEqual(tensor);
      },
    ),
  );
});

test("files that are not whole .npy files are refused", () => {
  const whole = writeNpy(Tensor.from("f32", [3], [1, 2, 3]));
  expect(() => readNpy(whole.subarray(0, whole.length - 1), "cut")).toThrow(
    'npy "cut": 11 data bytes; expected 12.',
  );
  expect(() => readNpy(new Uint8Array(20))).toThrow(DataError);
  expect(() => writeNpy(Tensor.zeros("bf16", [1]))).toThrow(
    "npy: dtype bf16; expected one NumPy has. Cast it first.",
  );
});
