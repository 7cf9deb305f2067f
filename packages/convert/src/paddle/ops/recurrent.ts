import { ops, type Value } from "@coracle/core";
import { scalarTensor } from "../../onnx/context.ts";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { castTo, concat, sliceAxis, squeeze, unsqueeze } from "./common.ts";

interface Cell {
  /** Where each gate of the catalogue's order lies in the source's. */
  readonly order: readonly number[];
  readonly activations: readonly string[];
}

const cells: Readonly<Record<string, Cell>> = {
  LSTM: { order: [0, 3, 1, 2], activations: ["Sigmoid", "Tanh", "Tanh"] },
  GRU: { order: [1, 0, 2], activations: ["Sigmoid", "Tanh"] },
  RNN_TANH: { order: [0], activations: ["Tanh"] },
  RNN_RELU: { order: [0], activations: ["Relu"] },
};

/** Rows of `size` for each gate, in the catalogue's order. */
function reordered(c: PaddleContext, x: Value, { order }: Cell, size: number): Value {
  if (order.length === 1) return x;
  return concat(
    c,
    order.map((gate) => sliceAxis(c, x, 0, [gate * size, (gate + 1) * size])),
    0,
  );
}

interface Layer {
  readonly w: Value;
  readonly r: Value;
  readonly bias: Value;
}

/** All weights, then all biases; two of each for every layer and direction. */
function layerOf(c: PaddleContext, at: readonly number[], cell: Cell, hidden: number): Layer {
  const weights = c.list("WeightList");
  const half = weights.length / 2;
  const stacked = (offset: number): Value =>
    concat(
      c,
      at.map((i) => unsqueeze(c, reordered(c, weights[offset + 2 * i]!, cell, hidden), [0])),
      0,
    );
  const biases = at.map((i) => {
    const pair = [weights[half + 2 * i]!, weights[half + 2 * i + 1]!].map((b) =>
      reordered(c, b, cell, hidden),
    );
    return unsqueeze(c, concat(c, pair, 0), [0]);
  });
  return { w: stacked(0), r: stacked(1), bias: concat(c, biases, 0) };
}

function lengthsOf(c: PaddleContext, x: Value): Value {
  const given = c.optional("SequenceLength");
  if (given) return castTo(c, given, "i32");
  const [steps, batch] = [0, 1].map((axis) => c.emit(ops.shapeOf, { start: axis, end: axis + 1 }, [x]));
  return c.emit(ops.expand, {}, [castTo(c, steps!, "i32"), batch!]);
}

/** The states of one layer, [dirs,B,H], from [layers*dirs,B,H]. */
const stateOf = (c: PaddleContext, state: Value, layer: number, count: number): Value =>
  sliceAxis(c, state, 0, [layer * count, (layer + 1) * count]);

/** Layers of one direction or two; the gates of LSTM lie as input, forget, candidate, output. */
const rnn: Convert = (c): Results => {
  const mode = c.string("mode", "LSTM");
  const cell = cells[mode] ?? c.fail(`mode ${mode}`, Object.keys(cells).join(", "));
  const count = c.bool("is_bidirec", false) ? 2 : 1;
  const numLayers = c.int("num_layers", 1);
  const hidden = c.int("hidden_size", 1);
  const states = c.list("PreState");
  const lengths = lengthsOf(c, c.input("Input"));
  if (c.list("WeightList").length !== 4 * numLayers * count)
    c.fail(`${c.list("WeightList").length} weights`, `${4 * numLayers * count}`);
  let x = c.input("Input");
  const ends: Value[][] = states.map(() => []);
  for (let layer = 0; layer < numLayers; layer++) {
    const at = Array.from({ length: count }, (_, i) => layer * count + i);
    const { w, r, bias } = layerOf(c, at, cell, hidden);
    const inputs = [x, w, r, bias, lengths, ...states.map((state) => stateOf(c, state, layer, count))];
    const [y, ...last] = run(c, mode, { cell, count, hidden }, inputs);
    x = joined(c, y!, count, hidden);
    for (const [i, list] of ends.entries()) list.push(last[i]!);
  }
  return { Out: x, State: ends.map((list) => concat(c, list, 0)) };
};

interface Sizes {
  readonly cell: Cell;
  readonly count: number;
  readonly hidden: number;
}

function run(
  c: PaddleContext,
  mode: string,
  { cell, count, hidden }: Sizes,
  inputs: readonly Value[],
): readonly Value[] {
  const attrs = {
    direction: count === 2 ? ("bidirectional" as const) : ("forward" as const),
    hiddenSize: hidden,
    activations: Array.from({ length: count }, () => cell.activations).flat(),
    activationAlpha: [],
    activationBeta: [],
    layout: 0 as const,
  };
  if (mode === "GRU") return c.emitAll(ops.gru, { ...attrs, linearBeforeReset: true }, inputs);
  if (mode !== "LSTM") return c.emitAll(ops.rnn, attrs, inputs);
  const peepholes = c.constant(scalarTensor(inputs[0]!.type.dtype, 0, [count, 3 * hidden]));
  return c.emitAll(ops.lstm, attrs, [...inputs, peepholes]);
}

/** [T,dirs,B,H] -> [T,B,dirs*H]. */
function joined(c: PaddleContext, y: Value, count: number, hidden: number): Value {
  if (count === 1) return squeeze(c, y, [1]);
  const turned = c.emit(ops.transpose, { perm: [0, 2, 1, 3] }, [y]);
  return c.emit(ops.reshape, { allowZero: false }, [turned, c.indices([0, 0, count * hidden])]);
}

export const recurrent: Readonly<Record<string, Convert>> = { rnn };
