import { expect, test } from "vitest";
import { type ProgramDesc, parametersOf, type VarDesc, varType } from "./desc.ts";
import { readCombined, readSeparate } from "./parameters.ts";

const desc = (name: string, dims: readonly number[], kind: number = varType.lodTensor): VarDesc => ({
  name,
  kind,
  persistable: true,
  tensor: { dtype: varType.fp32, dims },
});

/** One record: versions, no level of detail, a description, data. */
function record(dims: readonly number[], values: readonly number[], version = 0): Uint8Array {
  const description = [0x08, varType.fp32, ...dims.flatMap((dim) => [0x10, dim])];
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  view.setUint32(0, version, true);
  view.setUint32(16, description.length, true);
  return Buffer.concat([
    head,
    Uint8Array.from(description),
    new Uint8Array(Float32Array.from(values).buffer),
  ]);
}

test("a record of the specification's example", () => {
  const bytes = record([2, 3], [1, 2, 3, 4, 5, 6]);
  expect([...bytes.subarray(16, 26)]).toEqual([6, 0, 0, 0, 8, 5, 0x10, 2, 0x10, 3]);
  const tensor = readSeparate(bytes, desc("w", [2, 3]), "w");
  expect([tensor.dtype, tensor.shape, [...tensor.data]]).toEqual(["f32", [2, 3], [1, 2, 3, 4, 5, 6]]);
});

test("a combined file holds the parameters by the bytes of their names", () => {
  const vars = ["conv_2", "conv_10", "feed"].map((name) => desc(name, [1]));
  const all = [...vars, desc("reader", [1], varType.reader), { ...desc("y", [1]), persistable: false }];
  const program: ProgramDesc = {
    format: "paddle",
    version: 0,
    blocks: [{ parent: -1, vars: new Map(all.map((one) => [one.name, one])), ops: [] }],
  };
  const wanted = parametersOf(program);
  expect(wanted.map(({ name }) => name)).toEqual(["conv_10", "conv_2"]);
  const parameters = readCombined(Buffer.concat([record([1], [10]), record([1], [2])]), wanted, "all");
  expect(parameters.get("conv_2")!.data[0]).toBe(2);
});

const one = [desc("w", [2])];

test.each([
  [
    "a file cut short",
    record([2], [1, 2]).subarray(0, 28),
    '"w" at byte 24 of all: 4 bytes left; expected 8',
  ],
  [
    "bytes after the last parameter",
    Buffer.concat([record([2], [1, 2]), Buffer.alloc(4)]),
    "holds 4 bytes more",
  ],
  ["another shape", record([3], [1, 2, 3]), "shape [3]; expected [2]"],
  ["a record of another version", record([2], [1, 2], 7), "version 7; expected 0"],
  ["no bytes", new Uint8Array(), "0 bytes left"],
])("%s is refused with the parameter's name", (_, bytes, message) => {
  expect(() => readCombined(bytes, one, "all")).toThrow(message);
});
