import { readFileSync } from "node:fs";
import { x86 } from "@coracle/backend-x86";
import { ConvertError, composeKernel, ops, Predictor, reference, Tensor, withKernels } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { fromOnnx, readAs } from "./index.ts";
import { float } from "./onnx-writer/messages.ts";
import { modelBytes, type TestModel } from "./testing/model.ts";
import { type kernel, operators, read, scaleShift, withScaleShift } from "./testing/own-operator.ts";

const model: TestModel = {
  domains: { "com.example": 3 },
  inputs: { x: ["f32", [2, 3]] },
  outputs: ["y"],
  nodes: [
    { op: "Relu", inputs: ["x"], outputs: ["r"] },
    {
      op: "ScaleShift",
      domain: "com.example",
      name: "mine",
      inputs: ["r"],
      outputs: ["s"],
      attributes: { scale: float(2), shift: float(0.5) },
    },
    { op: "Sigmoid", inputs: ["s"], outputs: ["y"] },
  ],
};
const feed = Tensor.from("f32", [2, 3], [-1, 0, 1, 2, -3, 0.25]);
const expected = Array.from(
  feed.data as Float32Array,
  (x) => 1 / (1 + Math.exp(-(2 * Math.max(x, 0) + 0.5))),
);

async function run(
  backends: NonNullable<Parameters<typeof Predictor.create>[1]>["backends"],
): Promise<readonly string[]> {
  using predictor = await Predictor.create(read(modelBytes(model)), { backends: backends! });
  const { y } = await predictor.run({ x: feed });
  Array.from(y!.data as Float32Array).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
  return predictor.explain().rows.map((row) => row.kernel);
}

test("the guide shows the code that is tested here", () => {
  const guide = readFileSync(new URL("../../../docs/own-operators.md", import.meta.url), "utf8");
  const code = readFileSync(new URL("./testing/own-operator.ts", import.meta.url), "utf8");
  const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, block]) => block!);
  expect(blocks.length).toBe(4);
  for (const block of blocks) expect(code).toContain(block);
});

describe("an operator of one's own", () => {
  test("runs by its reference", async () => {
    expect(await run([reference])).toContain("reference/example.scaleShift");
  });

  test("runs beside native kernels", async (context) => {
    if (!(await x86.probe()).available) return context.skip("no x86 backend here");
    expect(await run([x86])).toContain("reference/example.scaleShift");
  });

  test("runs by a kernel composed of native ones", async (context) => {
    if (!(await x86.probe()).available) return context.skip("no x86 backend here");
    const kernels = await run([withScaleShift]);
    expect(kernels).toContain("x86/scale-shift");
    expect(kernels.some((name) => name.startsWith("reference/"))).toBe(false);
  });

  test("a composed kernel says why it refuses", async (context) => {
    if (!(await x86.probe()).available) return context.skip("no x86 backend here");
    const other = composeKernel({
      op: scaleShift,
      name: "x86/other",
      backend: x86,
      expand: (builder, [x]) => [builder.one(ops.hardmax, { axis: 0 }, [x!])],
    });
    const node = read(modelBytes(model)).nodes.find(({ op }) => op.name === scaleShift.name)!;
    expect(other.supports(node as Parameters<typeof kernel.supports>[0])).toBe(
      "hardmax has no kernel here (none of that name)",
    );
    expect(await run([withKernels(x86, [other])])).toContain("reference/example.scaleShift");
  });

  test("comes before a known operator and a function of the file", () => {
    const relu = readAs(ops.tanh, () => ({}));
    const program = fromOnnx(modelBytes(model), { operators: { ...operators, Relu: relu } });
    expect(program.nodes.map(({ op }) => op.name)).toEqual(["tanh", "example.scaleShift", "sigmoid"]);
  });
});

test("without it the error names operator, domain, opset and node, and says what to do", () => {
  expect(() => fromOnnx(modelBytes(model))).toThrow(
    new ConvertError(
      'onnx: 1 operator is not supported: com.example.ScaleShift (1, opset 3: "mine"). Give each a meaning by the option operators, or export the model with operators of the standard in their place.',
    ),
  );
  const search: TestModel = {
    ...model,
    nodes: [{ op: "BeamSearch", domain: "com.microsoft", inputs: ["x"], outputs: ["y"] }],
  };
  expect(() => fromOnnx(modelBytes(search))).toThrow(/BeamSearch .*search around it/);
});
