import { describe, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { formatType } from "./print.ts";
import { Tensor } from "./tensor.ts";

const f32 = (...values: readonly number[]): Tensor => Tensor.from("f32", [values.length], values);

describe("strings", () => {
  test("keep their text and their shape", () => {
    const tensor = Tensor.from("string", [2, 1], ["a", "中"]);
    expect([...tensor.strings]).toEqual(["a", "中"]);
    expect(formatType(tensor.type)).toBe("string[2,1]");
    expect([...Tensor.zeros("string", [2]).strings]).toEqual(["", ""]);
  });

  test("are nothing else", () => {
    expect(() => Tensor.from("string", [1], [1])).toThrow(
      new DataError("tensor: number for string; expected strings."),
    );
    expect(() => f32(1).strings).toThrow(new DataError("tensor: strings of f32[1]; expected dtype string."));
    expect(() => Tensor.from("string", [2], ["a"])).toThrow("1 elements; expected 2 for string[2]");
  });
});

describe("packed elements", () => {
  const bytes = Uint8Array.of(0xf1, 0x08);

  test("stay packed and are read one by one", () => {
    const tensor = Tensor.fromPacked("i4", [3], bytes);
    expect(tensor.packed).toBe(bytes);
    expect([...tensor.data]).toEqual([1, -1, -8]);
    expect(tensor.byteLength).toBe(2);
    expect(tensor.toPacked()).toBe(bytes);
    expect([...Tensor.from("i4", [3], [1, -1, -8]).toPacked()]).toEqual([...bytes]);
  });

  test("are counted", () => {
    expect(() => Tensor.fromPacked("u4", [5], bytes)).toThrow(
      new DataError("tensor: 2 packed bytes of u4[5]; expected 3 of a dtype below 8 bits."),
    );
    expect(() => Tensor.fromPacked("u8", [2], bytes)).toThrow("expected 2 of a dtype below 8 bits");
  });
});

describe("containers", () => {
  test("hold tensors and know what they have in common", () => {
    const sequence = Tensor.sequence([f32(1), f32(1, 2)]);
    expect(sequence.items).toHaveLength(2);
    expect(sequence.shape).toEqual([2]);
    expect(formatType(sequence.type)).toBe("sequence<f32[?item.0]>[2]");
    expect(formatType(Tensor.sequence([f32(1), Tensor.scalar("f32", 1)]).type)).toBe("sequence<f32>[2]");
    expect(formatType(Tensor.optional(sequence).type)).toBe("optional<sequence<f32[?item.0]>[2]>");
    expect(Tensor.optional(null, { dtype: "i64" }).items).toEqual([]);
  });

  test("hold one dtype", () => {
    expect(() => Tensor.sequence([f32(1), Tensor.ints([1])])).toThrow(
      new DataError("tensor: items f32[1] and i64[1]; expected one dtype."),
    );
    expect(() => Tensor.sequence([])).toThrow(
      new DataError("tensor: an empty sequence without element type; expected one. Give it by `element`."),
    );
    expect(() => Tensor.from("sequence", [0], [])).toThrow(
      new DataError("tensor: dtype sequence; expected no container. Use Tensor.sequence."),
    );
    expect(() => f32(1).items).toThrow("tensor: items of f32[1]; expected a container.");
  });
});
