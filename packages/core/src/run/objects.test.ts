import { expect, test } from "vitest";
import { reference } from "../backend/reference.ts";
import { blocks } from "../compile/testing/block-backend.ts";
import { mix, scale } from "../compile/testing/ops.ts";
import { DataError } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import type { Program } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import type { Feeds } from "./feeds.ts";
import { Predictor } from "./predictor.ts";

const backends = [blocks, reference];
const f32 = (...values: readonly number[]): Tensor => Tensor.from("f32", [values.length], values);
const words = (...values: readonly string[]): Tensor => Tensor.from("string", [values.length], values);

/** Words -> their rows of a table, through a layer with weights: strings before and after what is planned. */
function lookup(): Program {
  const b = new ProgramBuilder();
  const text = b.input("text", "string", [2]);
  const keys = b.constant(words("a", "b", "c"), "keys");
  const columns = b.one(ops.unsqueeze, {}, [text, b.constant(Tensor.ints([1]))]);
  const found = b.one(ops.equal, {}, [columns, keys]);
  const row = b.one(ops.cast, { to: "f32" }, [found]);
  const image = b.one(ops.reshape, { allowZero: false }, [row, b.constant(Tensor.ints([1, 3, 2, 1]))]);
  const weights = Tensor.from(
    "f32",
    [400, 3],
    Float32Array.from({ length: 1200 }, (_, i) => i % 7),
  );
  const layer = b.one(mix, undefined, [image, b.constant(weights)], { name: "layer" });
  const scaled = b.one(scale, { by: 2 }, [layer]);
  const label = b.one(ops.stringConcat, {}, [text, b.constant(words("!"))]);
  return b.build([scaled, label]);
}

test("strings go in and out around layers that are planned", async () => {
  const program = lookup();
  using predictor = await Predictor.create(program, { backends });
  using slow = await Predictor.create(program, { backends: [reference] });
  const [scaled, label] = predictor.outputs.map(({ name }) => name);
  for (const given of [words("b", "x"), words("c", "a")]) {
    const feeds: Feeds = { text: given };
    const [fast, plain] = [await predictor.run(feeds), await slow.run(feeds)];
    expect(fast[scaled!]!.data).toEqual(plain[scaled!]!.data);
    expect([...fast[label!]!.strings]).toEqual(given.strings.map((word) => `${word}!`));
    expect(predictor.runSync(feeds)[scaled!]!.data).toEqual(plain[scaled!]!.data);
  }
  const rows = predictor.explain({ text: [2] }).rows;
  expect(rows.find(({ node }) => node === "layer")!.kernel).toBe("blocks/mix");
  expect(rows.find(({ op }) => op === "stringConcat")!.rejected[0]!.reason).toContain("outside plans");
  await expect(predictor.run({ text: f32(1, 2) })).rejects.toThrow(
    new DataError('input "text": f32[2]; expected dtype string. Convert the data.'),
  );
});

function collector(): Program {
  const b = new ProgramBuilder();
  const list = b.input("list", "sequence", ["n"], { dtype: "f32", shape: ["w"] });
  const x = b.input("x", "f32", [2]);
  const maybe = b.input("maybe", "optional", ["has"], { dtype: "f32", shape: [1] });
  const longer = b.one(ops.sequenceInsert, {}, [list, b.one(ops.neg, {}, [x])], { outputs: ["longer"] });
  const joined = b.one(ops.concatFromSequence, { axis: 0, newAxis: false }, [longer], {
    outputs: ["joined"],
  });
  const has = b.one(ops.optionalHasElement, {}, [maybe], { outputs: ["has"] });
  const same = b.one(ops.identity, {}, [maybe], { outputs: ["same"] });
  return b.build([longer, joined, has, same]);
}

test("sequences and optionals are fed as arrays, values and null", async () => {
  using predictor = await Predictor.create(collector(), { backends });
  expect(predictor.inputs[0]).toEqual({
    name: "list",
    dtype: "sequence",
    shape: ["n"],
    element: { dtype: "f32", shape: ["w"] },
  });
  const list = [f32(1), f32(2, 3)];
  const first = await predictor.run({ list, x: f32(4, 5), maybe: null });
  expect(first["longer"]!.items.map(({ data }) => [...data])).toEqual([[1], [2, 3], [-4, -5]]);
  expect([...first["joined"]!.data]).toEqual([1, 2, 3, -4, -5]);
  expect(first["has"]!.data[0]).toBe(0);
  expect(first["same"]!.items).toEqual([]);
  const second = await predictor.run({ list: Tensor.sequence(list), x: f32(4, 5), maybe: f32(7) });
  expect(second["has"]!.data[0]).toBe(1);
  expect([...second["same"]!.items[0]!.data]).toEqual([7]);
  expect(second["longer"]!.items[0]!.data).not.toBe(list[0]!.data);
});

test.each<[string, Feeds, string]>([
  [
    "no tensors",
    { list: [1] as unknown as Tensor[], x: f32(1, 2), maybe: null },
    'input "list": item 0 is number; expected a Tensor f32[w].',
  ],
  [
    "items of another dtype",
    { list: [Tensor.ints([1])], x: f32(1, 2), maybe: null },
    'input "list": item 0 is i64[1]; expected f32[w].',
  ],
  [
    "items of another rank",
    { list: [Tensor.scalar("f32", 1)], x: f32(1, 2), maybe: null },
    'input "list": item 0 is f32[]; expected f32[w].',
  ],
  [
    "a list for a tensor",
    { list: [], x: [f32(1)], maybe: null },
    'input "x": Array; expected a Tensor f32[2]. Make one with Tensor.from(dtype, shape, data).',
  ],
  [
    "nothing for a sequence",
    { list: null, x: f32(1, 2), maybe: null },
    'input "list": null; expected a Tensor sequence<f32[w]>. Make one with Tensor.from(dtype, shape, data).',
  ],
  [
    "an optional of another shape",
    { list: [], x: f32(1, 2), maybe: f32(1, 2) },
    'input "maybe": item 0 is f32[2]; expected f32[1].',
  ],
])("%s is refused", async (_, feeds, message) => {
  using predictor = await Predictor.create(collector(), { backends: [reference] });
  await expect(predictor.run(feeds)).rejects.toThrow(new DataError(message));
});

test("packed weights stay packed until a kernel reads them", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [4]);
  const packed = Tensor.fromPacked("i4", [4], Uint8Array.of(0x21, 0xf8));
  const scales = [b.constant(Tensor.scalar("f32", 0.5)), b.constant(Tensor.scalar("i4", 1))];
  const weights = b.one(ops.dequantizeLinear, { axis: 0, blockSize: 0 }, [b.constant(packed), ...scales]);
  const program = b.build([b.one(ops.mul, {}, [x, weights], { outputs: ["y"] })]);
  using predictor = await Predictor.create(program, { backends });
  expect([...(await predictor.run({ x: f32(1, 1, 1, 2) }))["y"]!.data]).toEqual([0, 0.5, -4.5, -2]);
});
