import { type Op, ops, Predictor, Tensor } from "@coracle/core";
import { describe, expect, test } from "vitest";
import { x86 } from "../index.ts";
import { expectReference, type Fixed, fixed, floats, programOf } from "../testing/one-op.ts";

type Attrs = ops.RecurrentAttrs;

interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
}

interface Cell {
  readonly op: Op<Attrs>;
  readonly gates: number;
  readonly activations: readonly string[];
}

const cells = {
  lstm: { op: ops.lstm, gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"] },
  gru: { op: ops.gru, gates: 3, activations: ["Sigmoid", "Tanh"] },
  rnn: { op: ops.rnn, gates: 1, activations: ["Tanh"] },
} as const satisfies Record<string, Cell>;

function attrsOf({ activations }: Cell, { hidden }: Sizes, direction: Attrs["direction"] = "forward"): Attrs {
  const count = direction === "bidirectional" ? 2 : 1;
  return {
    direction,
    hiddenSize: hidden,
    activations: Array.from({ length: count }, () => activations).flat(),
    activationAlpha: [],
    activationBeta: [],
    layout: 0,
  };
}

const lengths = (...values: number[]): Tensor => Tensor.from("i32", [values.length], values);

function inputsOf(cell: Cell, sizes: Sizes, count: number): (Tensor | Fixed)[] {
  const { steps, batch, input, hidden } = sizes;
  const weights = (...shape: readonly number[]): Fixed => fixed(floats([count, ...shape], -0.2, 0.2));
  const state = (): Tensor => floats([count, batch, hidden], -1, 1);
  return [
    floats([steps, batch, input]),
    weights(cell.gates * hidden, input),
    weights(cell.gates * hidden, hidden),
    weights(2 * cell.gates * hidden),
    lengths(...Array.from({ length: batch }, (_, n) => Math.max(0, steps - n))),
    state(),
    ...(cell.op.name === "lstm" ? [state(), weights(3 * hidden)] : []),
  ];
}

function nodeOf(cell: Cell, attrs: Attrs, inputs: readonly (Tensor | Fixed)[]) {
  return programOf({ op: cell.op, attrs, inputs }).program.nodes[0]!;
}

function reasonOf(cell: Cell, attrs: Attrs, inputs: readonly (Tensor | Fixed)[]): true | string {
  const kernel = x86.kernels.find(({ op }) => op.name === cell.op.name)!;
  return kernel.supports(nodeOf(cell, attrs, inputs));
}

const small: Sizes = { steps: 3, batch: 2, input: 5, hidden: 9 };

describe.each(Object.entries(cells))("%s", (name, cell) => {
  test.each([
    { steps: 1, batch: 1, input: 3, hidden: 17 },
    { steps: 9, batch: 1, input: 40, hidden: 200 },
    { steps: 4, batch: 13, input: 40, hidden: 96 },
  ])("$steps steps of $batch, $input to $hidden", async (sizes) => {
    for (const direction of ["forward", "reverse", "bidirectional"] as const) {
      const inputs = inputsOf(cell, sizes, direction === "bidirectional" ? 2 : 1);
      await expectReference(
        { op: cell.op, attrs: attrsOf(cell, sizes, direction), inputs },
        `x86/${name}-steps`,
      );
    }
  });

  test("the bits do not depend on the number of threads", async () => {
    const sizes = { steps: 5, batch: 9, input: 30, hidden: 150 };
    const { program, feeds } = programOf({
      op: cell.op,
      attrs: attrsOf(cell, sizes),
      inputs: inputsOf(cell, sizes, 1),
    });
    const results: Record<string, Tensor>[] = [];
    for (const threads of [1, 2, 3]) {
      using predictor = await Predictor.create(program, { backends: [x86], threads, fallback: false });
      results.push({ ...(await predictor.run(feeds)) });
    }
    for (const { name: output } of program.outputs) {
      expect(results[1]![output]!.data).toEqual(results[0]![output]!.data);
      expect(results[2]![output]!.data).toEqual(results[0]![output]!.data);
    }
  });
});

test("gru with the reset gate behind the product", async () => {
  for (const hidden of [20, 150]) {
    const sizes = { ...small, hidden };
    const attrs = { ...attrsOf(cells.gru, sizes), linearBeforeReset: true };
    await expectReference({ op: ops.gru, attrs, inputs: inputsOf(cells.gru, sizes, 1) }, "x86/gru-steps");
  }
});

test("inputs that nearly vanish keep their relative precision", async () => {
  const { program, feeds } = programOf({
    op: ops.rnn,
    attrs: attrsOf(cells.rnn, { ...small, hidden: 1 }),
    inputs: [
      Tensor.from("f32", [1, 1, 1], [1e-6]),
      fixed(Tensor.from("f32", [1, 1, 1], [1])),
      fixed(Tensor.from("f32", [1, 1, 1], [0])),
      fixed(Tensor.from("f32", [1, 2], [0, 0])),
      lengths(1),
      Tensor.from("f32", [1, 1, 1], [0]),
    ],
  });
  using predictor = await Predictor.create(program, { backends: [x86], threads: 1, fallback: false });
  const [y] = Object.values(await predictor.run(feeds));
  expect(Number(y!.data[0]) / 1e-6).toBeCloseTo(1, 5);
});

test("what runs by reference, and why", () => {
  const attrs = attrsOf(cells.lstm, small);
  const inputs = inputsOf(cells.lstm, small, 1);
  const replaced = (index: number, value: Tensor | Fixed): (Tensor | Fixed)[] =>
    inputs.map((given, i) => (i === index ? value : given));
  expect(reasonOf(cells.lstm, attrs, inputs)).toBe(true);
  expect(reasonOf(cells.lstm, { ...attrs, activations: ["Affine", "Tanh", "Tanh"] }, inputs)).toBe(
    "activation Affine; expected one of relu, tanh, sigmoid, leakyrelu, hardsigmoid, elu, softplus",
  );
  expect(reasonOf(cells.lstm, attrs, replaced(4, fixed(lengths(3, 4))))).toBe(
    "a sequence length outside 0 to 3",
  );
  expect(reasonOf(cells.lstm, attrs, inputsOf(cells.lstm, { ...small, steps: 0 }, 1))).toBe(
    "there are no steps",
  );
  expect(reasonOf(cells.lstm, attrs, inputsOf(cells.lstm, { ...small, input: 0 }, 1))).toBe(
    "steps have no features",
  );
  const doubles = inputs.map((given, i) => {
    const tensor = "constant" in given ? given.constant : given;
    return i === 4
      ? tensor
      : Tensor.from("f64", tensor.shape as number[], Float64Array.from(tensor.data as Float32Array));
  });
  expect(reasonOf(cells.lstm, attrs, doubles)).toContain("is f64; expected f32");
});
