import { crc32 } from "node:zlib";
import { ConvertError, type Op, ops, type Program, ProgramBuilder, print, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { randomGraph } from "../testing/random-graphs/random-graph.ts";
import { fromCoracle } from "./read.ts";
import { toCoracle } from "./write.ts";

function small(): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", ["n", 4]);
  const w = b.constant(
    Tensor.from(
      "f32",
      [4, 4],
      Float32Array.from({ length: 16 }, (_, i) => i),
    ),
    "w",
  );
  const y = b.one(ops.clip, { min: -Infinity, max: 6 }, [b.one(ops.matMul, {}, [x, w])]);
  return b.build([y], { format: "onnx", labels: "cat\ndog" });
}

const same = (a: Program, b: Program): void => {
  expect(print(a)).toBe(print(b));
  expect(a.meta).toEqual(b.meta);
};

describe("round trips", () => {
  test("names, symbols, infinite attributes and meta", () => same(fromCoracle(toCoracle(small())), small()));

  test("weights lie at multiples of 64 and are views of the file", () => {
    const bytes = toCoracle(small());
    const weights = fromCoracle(bytes).nodes[0]!.inputs[1]!.data!.data;
    expect(weights.buffer).toBe(bytes.buffer);
    expect(weights.byteOffset % 64).toBe(0);
  });

  test("compressed weights are the same numbers in fewer bytes", () => {
    const zeros = new ProgramBuilder();
    const x = zeros.input("x", "f32", [1, 64]);
    const w = zeros.constant(Tensor.zeros("f32", [64, 64]), "w");
    const program = zeros.build([zeros.one(ops.matMul, {}, [x, w])]);
    const [plain, packed] = [toCoracle(program), toCoracle(program, { compress: true })];
    expect(packed.length).toBeLessThan(plain.length / 4);
    same(fromCoracle(packed), program);
  });

  test("strings, packed weights and sequences", () => {
    const b = new ProgramBuilder();
    const list = b.input("list", "sequence", ["n"], { dtype: "string", shape: ["w"] });
    const texts = b.constant(Tensor.from("string", [2], ["", "中文"]), "texts");
    const grams = {
      minGramLength: 1,
      maxGramLength: 1,
      maxSkipCount: 0,
      gramStarts: [0],
      gramColumns: [0, 1],
    };
    const counts = {
      ...grams,
      mode: "TF" as const,
      pool: Tensor.from("string", [2], ["a", "b"]),
      weights: [],
    };
    const longer = b.one(ops.sequenceInsert, {}, [list, texts]);
    const weights = b.constant(Tensor.fromPacked("i4", [3], Uint8Array.of(0x21, 0x03)), "weights");
    const program = b.build([
      longer,
      b.one(ops.tfIdf, counts, [texts]),
      b.one(ops.cast, { to: "f32" }, [weights]),
    ]);
    same(fromCoracle(toCoracle(program)), program);
    same(fromCoracle(toCoracle(program, { compress: true })), program);
    const again = fromCoracle(toCoracle(program)).nodes.flatMap(({ inputs }) =>
      inputs.flatMap(({ data }) => data ?? []),
    );
    expect(again.some(({ packed }) => packed?.length === 2)).toBe(true);
    expect(
      again.some(({ dtype, data }) => dtype === "string" && (data as unknown as string[])[1] === "中文"),
    ).toBe(true);
  });

  test("60 random programs", () => {
    for (let seed = 0; seed < 60; seed++) {
      const steps = Array.from({ length: 12 }, (_, i) => (seed * 31 + i * 17) % 999);
      const graph = randomGraph({ seed, steps, isDynamic: seed % 2 === 0 });
      if (graph) same(fromCoracle(toCoracle(graph.program)), graph.program);
    }
  });
});

const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
};

describe("refused", () => {
  const bytes = toCoracle(small());

  test.each([
    ["no such file", new Uint8Array(100), "no CORACLE at the start"],
    ["a header cut short", bytes.subarray(0, 20), "a file of 20 bytes"],
    ["a file cut short", bytes.subarray(0, bytes.length - 64), "as its header says"],
    ["a newer version", changed(bytes, 8, 9), "version 9; expected at most 1. Update"],
    ["a damaged graph", changed(bytes, 100, bytes[100]! ^ 1), "a damaged graph"],
    ["a damaged tensor", changed(bytes, bytes.length - 30, 77), "a damaged tensor"],
  ])("%s", (_, given, message) => {
    expect(() => fromCoracle(given)).toThrow(message);
  });

  test("an operator that nobody knows, unless it is given", () => {
    const own: Op = { ...ops.relu, name: "ownRelu" } as unknown as Op;
    const b = new ProgramBuilder();
    const program = b.build([b.one(own, {}, [b.input("x", "f32", [2])])]);
    const file = toCoracle(program);
    expect(() => fromCoracle(file)).toThrow('operator "ownRelu"');
    same(fromCoracle(file, { operators: [own] }), program);
  });

  test("mutations with a repaired check sum never crash", () => {
    const graphBytes = Number(new DataView(bytes.buffer).getBigUint64(16, true));
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const copy = bytes.slice();
      const at = 64 + ((i * 7919) % graphBytes);
      copy[at] = copy[at]! ^ (1 << (i % 8));
      new DataView(copy.buffer).setUint32(12, crc32(copy.subarray(64, 64 + graphBytes)), true);
      try {
        fromCoracle(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(ConvertError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });
});
