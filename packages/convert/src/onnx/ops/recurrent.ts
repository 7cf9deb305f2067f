import { ops, type Value } from "@coracle/core";
import { type OnnxContext, scalarTensor } from "../context.ts";
import { castTo, concat, dimOf, filled } from "./common.ts";

const directions = ["forward", "reverse", "bidirectional"] as const;

interface Sizes {
  readonly directions: Value;
  readonly batch: Value;
  readonly steps: Value;
  readonly hidden: Value;
}

interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
}

function zeros(context: OnnxContext, x: Value, shape: readonly Value[]): Value {
  return filled(context, context.constant(scalarTensor(x.type.dtype, 0, [])), concat(context, shape, 0));
}

function commonAttrs(context: OnnxContext, cell: Cell) {
  const { attributes } = context;
  const text = attributes.string("direction", "forward");
  const direction =
    directions.find((name) => name === text) ?? context.fail(`direction "${text}"`, directions.join(", "));
  const count = direction === "bidirectional" ? 2 : 1;
  const given = attributes.strings("activations");
  const activations = given ?? Array.from({ length: count }, () => cell.activations).flat();
  const r = context.input(2).type.shape[2];
  const hiddenSize = attributes.int("hidden_size", typeof r === "number" ? r : 0);
  if (hiddenSize < 1) context.fail("an unknown hidden_size", "the attribute to be given");
  const layout = attributes.int("layout", 0) === 1 ? (1 as const) : (0 as const);
  const shared = {
    direction,
    hiddenSize,
    activations: [...activations],
    activationAlpha: [...(attributes.floats("activation_alpha") ?? [])],
    activationBeta: [...(attributes.floats("activation_beta") ?? [])],
    layout,
  };
  return attributes.has("clip") ? { ...shared, clip: attributes.float("clip", 0) } : shared;
}

type Common = ReturnType<typeof commonAttrs>;

function sizesOf(context: OnnxContext, attrs: Common): Sizes {
  const x = context.input(0);
  return {
    directions: context.ints([attrs.direction === "bidirectional" ? 2 : 1]),
    batch: dimOf(context, x, attrs.layout === 1 ? 0 : 1),
    steps: dimOf(context, x, attrs.layout === 1 ? 1 : 0),
    hidden: context.ints([attrs.hiddenSize]),
  };
}

/** x, w, r, then bias, lengths and the first state, each filled in where absent. */
function filledInputs(context: OnnxContext, cell: Cell, attrs: Common, sizes: Sizes): Value[] {
  const [x, w, r] = [context.input(0), context.input(1), context.input(2)];
  const bias =
    context.optional(3) ??
    zeros(context, x, [sizes.directions, context.ints([2 * cell.gates * attrs.hiddenSize])]);
  const given = context.optional(4);
  const lengths = given ?? filled(context, castTo(context, sizes.steps, "i32"), sizes.batch);
  return [
    x,
    w,
    r,
    bias,
    castTo(context, lengths, "i32"),
    context.optional(5) ?? stateOf(context, attrs, sizes),
  ];
}

function stateOf(context: OnnxContext, attrs: Common, { directions: d, batch, hidden }: Sizes): Value {
  return zeros(context, context.input(0), attrs.layout === 1 ? [batch, d, hidden] : [d, batch, hidden]);
}

export function LSTM(context: OnnxContext): readonly Value[] {
  const cell = { gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"] };
  const attrs = commonAttrs(context, cell);
  const sizes = sizesOf(context, attrs);
  const inputs = filledInputs(context, cell, attrs, sizes);
  const cellState = context.optional(6) ?? stateOf(context, attrs, sizes);
  const peepholes =
    context.optional(7) ??
    zeros(context, context.input(0), [sizes.directions, context.ints([3 * attrs.hiddenSize])]);
  const inputForget = context.attributes.int("input_forget", 0) !== 0;
  return context.emitAll(ops.lstm, { ...attrs, inputForget }, [...inputs, cellState, peepholes]);
}

export function GRU(context: OnnxContext): readonly Value[] {
  const cell = { gates: 3, activations: ["Sigmoid", "Tanh"] };
  const attrs = commonAttrs(context, cell);
  const linearBeforeReset = context.attributes.int("linear_before_reset", 0) !== 0;
  const inputs = filledInputs(context, cell, attrs, sizesOf(context, attrs));
  return context.emitAll(ops.gru, { ...attrs, linearBeforeReset }, inputs);
}

export function RNN(context: OnnxContext): readonly Value[] {
  const cell = { gates: 1, activations: ["Tanh"] };
  const attrs = commonAttrs(context, cell);
  return context.emitAll(ops.rnn, attrs, filledInputs(context, cell, attrs, sizesOf(context, attrs)));
}
