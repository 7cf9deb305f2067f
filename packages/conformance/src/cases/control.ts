import { type Block, ops, ProgramBuilder, type Value } from "@coracle/core";
import { cases, f32, type OpCase, scalar } from "../case.ts";

function block(make: (builder: ProgramBuilder) => readonly Value[]): Block {
  const builder = new ProgramBuilder();
  const { inputs, outputs, nodes } = builder.build(make(builder));
  return { inputs, outputs, nodes };
}

const binary = (op: typeof ops.add): Block =>
  block((b) => [b.one(op, {}, [b.input("x", "f32", [2, 3]), b.input("y", "f32", [2, 3])])]);

/** Doubles the carried value, and gives what it was. */
const doubling = block((b) => {
  b.input("iteration", "i64", []);
  const condition = b.input("condition", "bool", []);
  const carried = b.input("carried", "f32", [2, 3]);
  const same = b.one(ops.identity, {}, [condition]);
  return [same, b.one(ops.add, {}, [carried, carried]), b.one(ops.neg, {}, [carried])];
});

/** Adds up its slices, and gives each sum. */
const summing = block((b) => {
  const [state, x] = [b.input("state", "f32", [3]), b.input("x", "f32", [3])];
  const sum = b.one(ops.add, {}, [state, x]);
  return [sum, b.one(ops.neg, {}, [sum])];
});

// biome-ignore lint/suspicious/noThenProperty: a block, which cannot be called
const branches = { then: binary(ops.add), else: binary(ops.mul) };

const scan = {
  body: summing,
  numStates: 1,
  numScanInputs: 1,
  scanInputAxes: [1],
  scanInputDirections: [0],
  scanOutputAxes: [0],
  scanOutputDirections: [0],
};

export const controlCases: readonly OpCase[] = [
  ...cases(
    ops.ifElse,
    [0, 1].map((condition) => ({
      name: condition === 1 ? "true" : "false",
      attrs: branches,
      inputs: [{ ...scalar("bool", condition), isConstant: false }, f32([2, 3]), f32([2, 3])],
    })),
  ),
  ...cases(
    ops.loop,
    [0, 1, 4].map((trips) => ({
      name: `${trips} times`,
      attrs: { body: doubling, numCarried: 1 },
      inputs: [scalar("i64", trips), scalar("bool", 1), f32([2, 3])],
    })),
  ),
  ...cases(ops.loop, [
    {
      name: "while false",
      attrs: { body: doubling, numCarried: 1 },
      inputs: [scalar("i64", 3), scalar("bool", 0), f32([2, 3])],
    },
  ]).map((one) => ({ ...one, name: `${one.name} from the start` })),
  ...cases(ops.scan, [
    { name: "forward", attrs: scan, inputs: [f32([3]), f32([3, 5])] },
    {
      name: "backward, stacked backward along the last axis",
      attrs: { ...scan, scanInputDirections: [1], scanOutputAxes: [-1], scanOutputDirections: [1] },
      inputs: [f32([3]), f32([3, 5])],
    },
  ]),
];
