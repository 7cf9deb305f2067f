import { evaluateBlock, Tensor } from "@coracle/core";
import { expect, test } from "vitest";
import { int, ints, text, texts } from "../../onnx-writer/messages.ts";
import { node, read, type TestModel, type TestNode } from "../../testing/model.ts";
import { RandomTensors } from "../../testing/onnxruntime.ts";

const r = new RandomTensors(2);
const x = r.f32([2, 3], 0.5, 1.5);
const w = r.f32([3, 4]);

const gradient = (xs: readonly string[], zs: readonly string[], outputs: readonly string[]): TestNode => ({
  ...node("Gradient", [...xs, ...zs], outputs, {
    xs: texts(xs),
    ...(zs.length > 0 ? { zs: texts(zs) } : {}),
    y: text("y"),
  }),
  domain: "ai.onnx.preview.training",
});

function modelOf(nodes: readonly TestNode[], last: TestNode): TestModel {
  return {
    domains: { "ai.onnx.preview.training": 1 },
    inputs: { x: ["f32", [2, 3]], w: ["f32", [3, 4]] },
    outputs: ["y", ...last.outputs],
    nodes: [...nodes, last],
    initializers: { axes: Tensor.ints([1]), two: Tensor.scalar("f32", 2) },
  };
}

const chain: readonly TestNode[] = [
  node("MatMul", ["x", "w"], ["a"]),
  node("Tanh", ["a"], ["b"]),
  node("Pow", ["x", "two"], ["c"]),
  node("Log", ["c"], ["d"]),
  node("ReduceMean", ["d", "axes"], ["e"], { keepdims: int(1) }),
  node("Div", ["b", "e"], ["f"]),
  node("Transpose", ["f"], ["g"], { perm: ints([1, 0]) }),
  node("Sub", ["g", "two"], ["h"]),
  node("Sigmoid", ["h"], ["i"]),
  node("ReduceSum", ["i"], ["y"], { keepdims: int(0) }),
];

test("gradients are those of finite differences", () => {
  const program = read(modelOf(chain, gradient(["x", "w"], [], ["dx", "dw"])));
  const feeds = [x, w];
  const [, ...gradients] = evaluateBlock(program, feeds);
  const valueAt = (which: number, index: number, step: number): number => {
    const moved = feeds.map(({ data, shape }, i) => {
      const values = Float64Array.from(data as Float32Array);
      if (i === which) values[index]! += step;
      return Tensor.from("f32", shape, Float32Array.from(values));
    });
    return Number(evaluateBlock(program, moved)[0]!.data[0]);
  };
  gradients.forEach((tensor, which) => {
    expect(tensor.shape).toEqual(feeds[which]!.shape);
    for (let i = 0; i < tensor.data.length; i++) {
      const expected = (valueAt(which, i, 1e-2) - valueAt(which, i, -1e-2)) / 2e-2;
      expect(Math.abs(Number(tensor.data[i]) - expected)).toBeLessThan(3e-3 * (1 + Math.abs(expected)));
    }
  });
});

test("of other values than the graph's", () => {
  const nodes = [
    node("Mul", ["x", "x"], ["y"]),
    node("Neg", ["x"], ["other"]),
    { ...gradient(["x"], [], ["dx"]), inputs: ["other"] },
  ];
  const [, dx] = evaluateBlock(read(modelOf(nodes.slice(0, 2), nodes[2]!)), [x, w]);
  expect(Array.from(dx!.data as Float32Array)).toEqual(
    Array.from(x.data as Float32Array, (value) => -2 * value),
  );
});

test("what has no derivative here is named", () => {
  const nodes = [node("Erf", ["x"], ["y"])];
  expect(() => read(modelOf(nodes, gradient(["x"], [], ["dx"])))).toThrow(
    /Gradient ".*": erf "y" between the xs and y; expected add, sub/,
  );
});
