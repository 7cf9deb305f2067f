import { expect, test } from "vitest";
import { makeValue } from "../ir/program.ts";
import { storedElements, Tensor, type TensorType } from "../ir/tensor.ts";
import { reorder } from "../ops/reorder.ts";
import { reference } from "./reference.ts";
import { reorderData } from "./reorder-data.ts";

const shape = [2, 5, 2, 3];
const plain: TensorType = { dtype: "f32", shape };
const by4: TensorType = { ...plain, layout: "NCHW4c" };
const by8: TensorType = { ...plain, layout: "NCHW8c" };
const data = Float32Array.from({ length: 60 }, (_, i) => i + 1);

test("element [n,c,h,w] of NCHW4c lies at [n, c/4, h, w, c%4]", () => {
  const blocked = new Float32Array(storedElements(by4));
  reorderData(data, blocked, plain, by4);
  for (let i = 0; i < 60; i++) {
    const [n, c, p] = [Math.floor(i / 30), Math.floor(i / 6) % 5, i % 6];
    expect(blocked[(n * 2 + Math.floor(c / 4)) * 24 + p * 4 + (c % 4)]).toBe(data[i]);
  }
});

test("blocked to blocked and back is the identity, whatever the padded lanes hold", () => {
  const [four, eight] = [
    new Float32Array(storedElements(by4)).fill(Number.NaN),
    new Float32Array(storedElements(by8)).fill(7),
  ];
  reorderData(data, four, plain, by4);
  reorderData(four, eight, by4, by8);
  const back = new Float32Array(60);
  reorderData(eight, back, by8, plain);
  expect(back).toEqual(data);
});

test("bytes, 64-bit integers and equal layouts are reordered too", () => {
  const longs = BigInt64Array.from({ length: 60 }, (_, i) => BigInt(i));
  const blocked = new BigInt64Array(storedElements(by4));
  const back = new BigInt64Array(60);
  reorderData(longs, blocked, { ...plain, dtype: "i64" }, { ...by4, dtype: "i64" });
  reorderData(blocked, back, { ...by4, dtype: "i64" }, { ...plain, dtype: "i64" });
  expect(back).toEqual(longs);
  const copy = new Float32Array(60);
  reorderData(data, copy, plain, plain);
  expect(copy).toEqual(data);
});

test("the type rule of reorder sets the layout and refuses one for fewer than 2 dimensions", () => {
  expect(reorder.infer([plain], { layout: "NCHW4c" }, [])).toEqual([by4]);
  expect(reorder.infer([by4], { layout: undefined }, [])).toEqual([plain]);
  expect(() => reorder.infer([{ dtype: "f32", shape: [3] }], { layout: "NCHW8c" }, [])).toThrow(
    "input has shape [3]; expected at least 2 dimensions for NCHW8c.",
  );
});

test("the reference has one kernel for each op, takes every node and is asked last", async () => {
  const [kernel] = reference.kernelsFor!(reorder as never);
  expect(reference.kernelsFor!(reorder as never)[0]).toBe(kernel);
  const x = makeValue("x", plain);
  const node = { name: "n", op: reorder as never, attrs: { layout: undefined }, inputs: [x], outputs: [x] };
  expect(kernel!.supports(node)).toBe(true);
  expect(kernel!.name).toBe("reference/reorder");
  expect(reference.preference).toBe(0);
  expect((await reference.probe()).available).toBe(true);
});

test("a tensor of size 0 is reordered to nothing", () => {
  const empty: TensorType = { dtype: "f32", shape: [0, 5, 2, 3] };
  expect(() =>
    reorderData(new Float32Array(0), new Float32Array(0), empty, { ...empty, layout: "NCHW4c" }),
  ).not.toThrow();
  expect(Tensor.zeros("f32", [0, 5, 2, 3]).data).toHaveLength(0);
});
