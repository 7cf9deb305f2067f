import { Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { tensorMessage } from "../onnx-writer/messages.ts";
import { externalDataIn } from "./external.ts";
import { countVarints, readVarints32, readVarints64 } from "./packed.ts";
import { decodeModel, encodeModel, type TensorProto } from "./proto.ts";
import { readTensor } from "./tensor.ts";

const noFiles = externalDataIn(undefined);

/** The proto of a tensor message, through the wire. */
function throughWire(message: Record<string, unknown>): TensorProto {
  return decodeModel(encodeModel({ graph: { initializer: [message] } })).graph!.initializer[0]!;
}

/** A varint of a 64-bit two's complement number. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}

describe("packed integers", () => {
  const values = [
    0n,
    1n,
    127n,
    128n,
    300n,
    -1n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 35n - 1n,
  ];
  const bytes = Uint8Array.from(values.flatMap(varint));

  test("64 bits", () => {
    expect(countVarints(bytes)).toBe(values.length);
    const out = new BigInt64Array(values.length);
    readVarints64(bytes, out);
    expect([...out]).toEqual(values);
  });

  test("32 bits keep the low word", () => {
    const out = new Int32Array(values.length);
    readVarints32(bytes, out);
    expect([...out]).toEqual(values.map((value) => Number(BigInt.asIntN(32, value))));
  });

  test("a varint without an end", () => {
    const endless = new Uint8Array(11).fill(255);
    endless[10] = 1;
    expect(() => readVarints64(endless, new BigInt64Array(1))).toThrow("over 10 bytes");
    expect(() => readVarints32(endless, new Int32Array(1))).toThrow("over 10 bytes");
  });
});

describe("every way to hold elements", () => {
  test.each([
    ["f32", new Float32Array([1.5, -2])],
    ["f64", new Float64Array([1.5, -2])],
    ["i8", new Int8Array([-1, 2])],
    ["u16", new Uint16Array([1, 65535])],
    ["i64", new BigInt64Array([-1n, 2n ** 40n])],
    ["bool", new Uint8Array([1, 0])],
    ["bf16", new Uint16Array([0x3f80, 0])],
  ] as const)("raw %s", (dtype, data) => {
    const tensor = Tensor.from(dtype, [2], data);
    expect(readTensor(throughWire(tensorMessage(tensor, "t")), noFiles)).toEqual(tensor);
  });

  const bytesOf = (data: ArrayBufferView): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

  test.each([
    ["float_data", 1, { floatData: [bytesOf(new Float32Array([1, 2]))] }, [1, 2]],
    ["double_data", 11, { doubleData: [bytesOf(new Float64Array([1, 2]))] }, [1, 2]],
    ["int32_data as int8", 3, { int32Data: [Uint8Array.from([...varint(-3n), 4])] }, [-3, 4]],
    ["int64_data in two chunks", 7, { int64Data: [Uint8Array.of(1), Uint8Array.of(2)] }, [1n, 2n]],
    [
      "uint64_data as uint32",
      12,
      { uint64Data: [Uint8Array.from([...varint(2n ** 32n - 1n), 4])] },
      [4294967295, 4],
    ],
  ])("%s", (_, dataType, fields, expected) => {
    const tensor = readTensor(throughWire({ name: "t", dims: [2], dataType, ...fields }), noFiles);
    expect([...tensor.data]).toEqual(expected);
  });

  test("aligned raw data is a view, other data a copy", () => {
    const model = encodeModel({
      graph: { initializer: [tensorMessage(Tensor.from("u8", [3], [1, 2, 3]), "t")] },
    });
    const bytes = readTensor(decodeModel(model).graph!.initializer[0]!, noFiles);
    expect(bytes.data.buffer).toBe(model.buffer);
  });
});
