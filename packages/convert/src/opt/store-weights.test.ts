import { evaluateBlock, ops, optimize, type Program, ProgramBuilder, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { fromCoracle } from "../container/read.ts";
import { toCoracle } from "../container/write.ts";
import { randomFrom } from "../testing/random.ts";
import { storeWeights, weightForms } from "./store-weights.ts";

const random = randomFrom(5);
const floats = (shape: readonly number[]): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length: count }, () => random() * 2 - 1),
  );
};

function network(): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 16, 6, 6]);
  const attrs = {
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: 1,
    autoPad: "none" as const,
  };
  const y = b.one(ops.conv, attrs, [
    x,
    b.constant(floats([32, 16, 3, 3]), "w"),
    b.constant(floats([32]), "b"),
  ]);
  const flat = b.one(ops.flatten, { axis: 1 }, [y]);
  return b.build([b.one(ops.matMul, {}, [flat, b.constant(floats([512, 10]), "fc")])]);
}

const worst = { f16: 1e-3, bf16: 8e-3, int8: 1e-2, int16: 5e-5 };

describe.each(weightForms)("weights as %s", (form) => {
  const program = network();
  const x = floats([1, 16, 6, 6]);
  const stored = storeWeights(program, form);

  test("change the results by rounding only", () => {
    const [expected] = evaluateBlock(program, [x]);
    const [actual] = evaluateBlock(fromCoracle(toCoracle(stored)), [x]);
    const largest = Math.max(...(expected!.data as Float32Array).map(Math.abs));
    const error = Math.max(
      ...(expected!.data as Float32Array).map((v, i) => Math.abs(v - Number(actual!.data[i]))),
    );
    expect(error).toBeGreaterThan(0);
    expect(error / largest).toBeLessThan(worst[form]);
  });

  test("take less room in a file, and are floats again once optimised", () => {
    expect(toCoracle(stored).length).toBeLessThan(toCoracle(program).length * 0.62);
    const names = optimize(stored).nodes.map(({ op }) => op.name);
    expect(names).not.toContain("cast");
    expect(names).not.toContain("dequantizeLinear");
  });
});
