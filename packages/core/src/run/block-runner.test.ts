import { expect, test } from "vitest";
import { reference } from "../backend/reference.ts";
import { ProgramBuilder } from "../ir/build.ts";
import { evaluateBlock } from "../ir/evaluate.ts";
import type { Block, Program, Value } from "../ir/program.ts";
import type { Shape } from "../ir/shape.ts";
import { numbers, Tensor } from "../ir/tensor.ts";
import * as ops from "../ops/index.ts";
import { Predictor } from "./predictor.ts";

const options = { backends: [reference], fallback: false } as const;

const ramp = (shape: readonly number[], factor = 0.1): Tensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    "f32",
    shape,
    Array.from({ length: count }, (_, i) => factor * ((i % 7) - 3)),
  );
};

interface Trip {
  readonly b: ProgramBuilder;
  readonly index: Value;
  readonly carried: readonly Value[];
}

/** A loop's body, and the inputs it declares. */
function bodyOf(shapes: readonly Shape[], make: (trip: Trip) => readonly Value[]): Block {
  const b = new ProgramBuilder();
  const index = b.input("index", "i64", []);
  b.input("running", "bool", []);
  const carried = shapes.map((shape, i) => b.input(`carried${i}`, "f32", shape));
  const outputs = make({ b, index, carried });
  return b.build([b.constant(Tensor.scalar("bool", 1), "on"), ...outputs]);
}

function looping(body: Block, trips: number, shapes: readonly Shape[]): Program {
  const b = new ProgramBuilder();
  const start = shapes.map((shape, i) => b.input(`x${i}`, "f32", shape));
  const doubled = start.map((x) => b.one(ops.add, {}, [x, x]));
  const count = b.constant(Tensor.scalar("i64", trips), "trips");
  const on = b.constant(Tensor.scalar("bool", 1), "on");
  const ends = b.node(ops.loop, { body, numCarried: shapes.length }, [count, on, ...doubled]);
  return b.build(ends.map((end) => b.one(ops.relu, {}, [end])));
}

const weights = (b: ProgramBuilder): Value => b.constant(ramp([4, 4], 0.15), "w");

async function expectAsByReference(program: Program, feeds: readonly Tensor[]): Promise<Predictor> {
  const predictor = await Predictor.create(program, options);
  const named = Object.fromEntries(program.inputs.map(({ name }, i) => [name, feeds[i]!]));
  const expected = evaluateBlock(program, feeds);
  for (const outputs of [predictor.runSync(named), await predictor.run(named)]) {
    program.outputs.forEach(({ name }, i) => {
      expect(outputs[name]!.shape).toEqual(expected[i]!.shape);
      const wanted = numbers(expected[i]!);
      numbers(outputs[name]!).forEach((value, k) => {
        const difference = Math.abs(value - wanted[k]!);
        expect(difference, `element ${k}`).toBeLessThanOrEqual(1e-6 + 1e-5 * Math.abs(wanted[k]!));
      });
    });
  }
  return predictor;
}

test("a loop's body, its constants, inputs and repeated values as outputs included, runs as by reference", async () => {
  const body = bodyOf([[2, 4], [2, 4], [3]], ({ b, carried: [x, last, kept] }) => {
    const product = b.one(ops.matMul, {}, [x!, weights(b)]);
    const sum = b.one(ops.add, {}, [product, last!]);
    return [sum, x!, kept!, sum, b.constant(ramp([2]), "fixed")];
  });
  using predictor = await expectAsByReference(looping(body, 5, [[2, 4], [2, 4], [3]]), [
    ramp([2, 4]),
    ramp([2, 4], 0.3),
    ramp([3]),
  ]);
  const explanation = predictor.explain();
  expect(String(explanation)).toContain("(plans of its blocks)");
  expect(explanation.notes).toContain("Blocks of control flow that deserve it are planned during the run.");
});

const growing = bodyOf([["n", 4]], ({ b, carried: [x] }) => {
  const last = b.one(ops.slice, {}, [
    x!,
    ...[-1, 1000, 0, 1].map((i) => b.constant(Tensor.ints([i]), `i${i}`)),
  ]);
  const next = b.one(ops.tanh, {}, [b.one(ops.matMul, {}, [last, weights(b)])]);
  return [b.one(ops.concat, { axis: 0 }, [x!, next])];
});

test("a value that grows with each trip has a plan for each size; a loop over ever new sizes ends", async () => {
  for (const trips of [3, 300]) {
    using predictor = await expectAsByReference(looping(growing, trips, [["n", 4]]), [ramp([1, 4])]);
    expect(predictor.memory.plans).toBe(1);
  }
});

test("a body may be given other sizes than it declares, where only a run makes them known", async () => {
  const body = bodyOf([[1, 4]], ({ b, carried: [x] }) => [b.one(ops.matMul, {}, [x!, weights(b)])]);
  const b = new ProgramBuilder();
  const [x, end] = [b.input("x", "f32", [5, 4]), b.input("end", "i64", [1])];
  const [from, axis, step] = [0, 0, 1].map((i, k) => b.constant(Tensor.ints([i]), `at${k}`));
  const rows = b.one(ops.slice, {}, [x, from!, end, axis!, step!]);
  const [count, on] = [b.constant(Tensor.scalar("i64", 3), "n"), b.constant(Tensor.scalar("bool", 1), "on")];
  const program = b.build(b.node(ops.loop, { body, numCarried: 1 }, [count, on, rows]));
  await expectAsByReference(program, [ramp([5, 4]), Tensor.ints([3])]);
});

/** x twice by the weights when the trip is even, else its negative; in a branch of its own. */
const branching = bodyOf([[1, 4]], ({ b, index, carried: [x] }) => {
  const branch = (make: (inner: ProgramBuilder, value: Value) => Value): Block => {
    const inner = new ProgramBuilder();
    return inner.build([make(inner, inner.input("value", "f32", [1, 4]))]);
  };
  const two = b.constant(Tensor.scalar("i64", 2), "two");
  const odd = b.one(ops.cast, { to: "bool" }, [b.one(ops.mod, { fmod: false }, [index, two])]);
  const attrs = {
    // biome-ignore lint/suspicious/noThenProperty: a block, which cannot be called
    then: branch((inner, value) => inner.one(ops.neg, {}, [value])),
    else: branch((inner, value) => inner.one(ops.matMul, {}, [value, weights(inner)])),
  };
  return [b.one(ops.ifElse, attrs, [odd, x!])];
});

test("blocks in blocks run as by reference", async () => {
  await expectAsByReference(looping(branching, 6, [[1, 4]]), [ramp([1, 4])]);
});

test("sequences pass through a body that has plans", async () => {
  const inner = new ProgramBuilder();
  const element = { dtype: "f32", shape: [1, 4] } as const;
  inner.input("index", "i64", []);
  inner.input("running", "bool", []);
  const list = inner.input("list", "sequence", ["k"], element);
  const x = inner.input("x", "f32", [1, 4]);
  const next = inner.one(ops.matMul, {}, [x, weights(inner)]);
  const longer = inner.one(ops.sequenceInsert, {}, [list, next]);
  const body = inner.build([inner.constant(Tensor.scalar("bool", 1), "on"), longer, next]);
  const b = new ProgramBuilder();
  const start = b.input("x", "f32", [1, 4]);
  const empty = b.one(ops.sequenceConstruct, {}, [start]);
  const [count, on] = [b.constant(Tensor.scalar("i64", 4), "n"), b.constant(Tensor.scalar("bool", 1), "on")];
  const [ends] = b.node(ops.loop, { body, numCarried: 2 }, [count, on, empty, start]);
  const program = b.build([b.one(ops.concatFromSequence, { axis: 0, newAxis: false }, [ends!])]);
  await expectAsByReference(program, [ramp([1, 4])]);
});

/** Takes, adds, drops and counts items in random order, with products in between. */
function randomSteps(
  b: ProgramBuilder,
  seed: number,
  start: readonly [Value, Value],
): readonly [Value, Value] {
  let [list, x] = start;
  const zero = b.constant(Tensor.scalar("i64", 0), "zero");
  const steps = [
    () => (list = b.one(ops.sequenceInsert, {}, [list, x])),
    () => (list = b.one(ops.sequenceInsert, {}, [list, b.one(ops.tanh, {}, [x]), zero])),
    () => (list = b.one(ops.sequenceInsert, {}, [b.one(ops.sequenceErase, {}, [list, zero]), x])),
    () => (x = b.one(ops.matMul, {}, [x, weights(b)])),
    () => (x = b.one(ops.add, {}, [x, b.one(ops.sequenceAt, {}, [list, zero])])),
    () => {
      const length = b.one(ops.cast, { to: "f32" }, [b.one(ops.sequenceLength, {}, [list])]);
      x = b.one(ops.div, {}, [x, length]);
    },
  ];
  let state = seed;
  for (let i = 0; i < 12; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    steps[(state >>> 16) % steps.length]!();
  }
  return [list, x];
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "sequences and products in random order %i run as by reference",
  async (seed) => {
    const inner = new ProgramBuilder();
    inner.input("index", "i64", []);
    inner.input("running", "bool", []);
    const list = inner.input("list", "sequence", ["k"], { dtype: "f32", shape: [1, 4] });
    const ends = randomSteps(inner, seed, [list, inner.input("x", "f32", [1, 4])]);
    const body = inner.build([inner.constant(Tensor.scalar("bool", 1), "on"), ...ends]);
    const b = new ProgramBuilder();
    const start = b.input("x", "f32", [1, 4]);
    const one = b.one(ops.sequenceConstruct, {}, [start]);
    const [count, on] = [
      b.constant(Tensor.scalar("i64", 3), "n"),
      b.constant(Tensor.scalar("bool", 1), "on"),
    ];
    const [items, x] = b.node(ops.loop, { body, numCarried: 2 }, [count, on, one, start]);
    const joined = b.one(ops.concatFromSequence, { axis: 0, newAxis: false }, [items!]);
    using predictor = await expectAsByReference(b.build([joined, x!]), [ramp([1, 4])]);
    expect(predictor.memory.plans).toBe(1);
  },
);

test("scan runs its body as by reference", async () => {
  const inner = new ProgramBuilder();
  const [state, x] = [inner.input("state", "f32", [4]), inner.input("x", "f32", [4])];
  const next = inner.one(ops.tanh, {}, [
    inner.one(ops.add, {}, [x, inner.one(ops.matMul, {}, [state, weights(inner)])]),
  ]);
  const body = inner.build([next, inner.one(ops.neg, {}, [next])]);
  const b = new ProgramBuilder();
  const attrs = {
    ...{ body, numStates: 1, numScanInputs: 1, scanInputAxes: [0], scanInputDirections: [1] },
    ...{ scanOutputAxes: [0], scanOutputDirections: [0] },
  };
  const program = b.build(
    b.node(ops.scan, attrs, [b.input("s", "f32", [4]), b.input("xs", "f32", ["t", 4])]),
  );
  await expectAsByReference(program, [ramp([4]), ramp([9, 4], 0.4)]);
});

test("an endless loop lets events in and stops when its run is aborted", async () => {
  const body = bodyOf([[1, 4]], ({ b, carried: [x] }) => [b.one(ops.matMul, {}, [x!, weights(b)])]);
  using predictor = await Predictor.create(looping(body, 2 ** 30, [[1, 4]]), options);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error("enough")), 50);
  await expect(predictor.run({ x0: ramp([1, 4]) }, { signal: abort.signal })).rejects.toThrow("enough");
  clearTimeout(timer);
});

test("an error in a body names the nodes around it", async () => {
  const body = bodyOf([["n", 4]], ({ b, carried: [x] }) => {
    const rows = b.one(ops.gather, { axis: 0 }, [x!, b.constant(Tensor.ints([5]), "row")]);
    return [b.one(ops.matMul, {}, [rows, weights(b)])];
  });
  using predictor = await Predictor.create(looping(body, 2, [["n", 4]]), options);
  expect(() => predictor.runSync({ x0: ramp([2, 4]) })).toThrow(/^loop "[^"]+": gather "[^"]+": /);
  await expect(predictor.run({ x0: ramp([2, 4]) })).rejects.toThrow(/^loop "[^"]+": gather "[^"]+": /);
});
