import { ops } from "@coracle/core";
import { type CaseEntry, cases, constant, f32, given, type InputSpec, type OpCase } from "../case.ts";

type Attrs = ops.RecurrentAttrs;

const directions = ["forward", "reverse", "bidirectional"] as const;

interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  readonly hasCellState: boolean;
}

interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
  readonly lengths?: readonly number[];
}

const small: Sizes = { steps: 5, batch: 2, input: 3, hidden: 4 };

function attrsOf(cell: Cell, { hidden }: Sizes, direction: Attrs["direction"], layout: 0 | 1): Attrs {
  const count = direction === "bidirectional" ? 2 : 1;
  return {
    direction,
    hiddenSize: hidden,
    activations: Array.from({ length: count }, () => cell.activations).flat(),
    activationAlpha: [],
    activationBeta: [],
    layout,
  };
}

function inputsOf(cell: Cell, sizes: Sizes, { direction, layout }: Attrs): InputSpec[] {
  const { steps, batch, input, hidden, lengths = [steps] } = sizes;
  const count = direction === "bidirectional" ? 2 : 1;
  const state = f32(layout === 0 ? [count, batch, hidden] : [batch, count, hidden], -1, 1);
  const weights = (...shape: readonly number[]): InputSpec => constant(f32([count, ...shape], -0.5, 0.5));
  const common = [
    f32(layout === 0 ? [steps, batch, input] : [batch, steps, input]),
    weights(cell.gates * hidden, input),
    weights(cell.gates * hidden, hidden),
    weights(2 * cell.gates * hidden),
    given("i32", [batch], lengths),
    state,
  ];
  return cell.hasCellState ? [...common, state, weights(3 * hidden)] : common;
}

const others = ["HardSigmoid", "LeakyRelu", "Elu", "Softplus", "Relu"] as const;

/** The same inputs with initial states and peepholes that are known to be zeros. */
function zeroStates(inputs: readonly InputSpec[]): InputSpec[] {
  return inputs.map((spec, i) => (i < 5 ? spec : constant(given("f32", spec.shape, [0]))));
}

function entriesOf(cell: Cell): readonly CaseEntry<Attrs>[] {
  const entry = (name: string, sizes: Sizes, attrs: Attrs): CaseEntry<Attrs> => ({
    name,
    attrs,
    inputs: inputsOf(cell, sizes, attrs),
  });
  return [
    ...directions.flatMap((direction) =>
      ([0, 1] as const).flatMap((layout) => {
        const attrs = attrsOf(cell, small, direction, layout);
        const label = `${direction}${layout === 1 ? " batch first" : ""}`;
        return [
          entry(label, small, attrs),
          entry(`${label} of lengths`, { ...small, lengths: [5, 2] }, attrs),
        ];
      }),
    ),
    ...[1, 15, 16, 17].map((hidden) => {
      const sizes = { steps: 3, batch: 1, input: 7, hidden };
      return entry(`hidden ${hidden}`, sizes, attrsOf(cell, sizes, "forward", 0));
    }),
    ...directions.map((direction) => {
      const sizes = { steps: 4, batch: 7, input: 5, hidden: 33, lengths: [4, 1, 0, 3, 2, 4, 4] };
      return entry(`${direction} of 7 sequences`, sizes, attrsOf(cell, sizes, direction, 1));
    }),
    ...[1, 2, 50].map((batch) => {
      const sizes = { steps: 3, batch, input: 6, hidden: 130, lengths: [3, 3, 2] };
      return entry(`hidden 130, batch ${batch}`, sizes, attrsOf(cell, sizes, "reverse", 0));
    }),
    {
      name: "from zeros",
      attrs: attrsOf(cell, small, "bidirectional", 0),
      inputs: zeroStates(inputsOf(cell, small, attrsOf(cell, small, "bidirectional", 0))),
    },
    {
      name: "of computed weights",
      attrs: attrsOf(cell, small, "bidirectional", 1),
      inputs: inputsOf(cell, small, attrsOf(cell, small, "bidirectional", 1)).map((spec) => ({
        ...spec,
        isConstant: false,
      })),
    },
    {
      name: "of leaky and exponential activations",
      attrs: {
        ...attrsOf(cell, small, "bidirectional", 0),
        activations: Array.from(
          { length: 2 * cell.activations.length },
          (_, i) => others[i % others.length]!,
        ),
        activationAlpha: [0.3, 0.2, 0.25],
        activationBeta: [0.4],
      },
      inputs: inputsOf(cell, small, attrsOf(cell, small, "bidirectional", 0)),
    },
    entry("clipped", small, { ...attrsOf(cell, small, "forward", 0), clip: 0.3 }),
    entry("of 1 step", { ...small, steps: 1 }, attrsOf(cell, small, "bidirectional", 0)),
  ];
}

const lstm: Cell = { gates: 4, activations: ["Sigmoid", "Tanh", "Tanh"], hasCellState: true };
const gru: Cell = { gates: 3, activations: ["Sigmoid", "Tanh"], hasCellState: false };
const rnn: Cell = { gates: 1, activations: ["Tanh"], hasCellState: false };

const lstmAttrs = attrsOf(lstm, small, "forward", 0);
const gruAttrs = attrsOf(gru, small, "bidirectional", 0);

export const recurrentCases: readonly OpCase[] = [
  ...cases<ops.LstmAttrs>(ops.lstm, [
    ...entriesOf(lstm),
    {
      name: "with a coupled forget gate",
      attrs: { ...lstmAttrs, inputForget: true },
      inputs: inputsOf(lstm, small, lstmAttrs),
    },
    {
      name: "with a coupled forget gate, without peepholes",
      attrs: { ...lstmAttrs, inputForget: true, clip: 0.5 },
      inputs: zeroStates(inputsOf(lstm, small, lstmAttrs)),
    },
    {
      name: "of other activations",
      attrs: {
        ...lstmAttrs,
        activations: ["HardSigmoid", "Softsign", "LeakyRelu"],
        activationAlpha: [0.25, 0.1],
        activationBeta: [0.5],
      },
      inputs: inputsOf(lstm, small, lstmAttrs),
    },
  ]),
  ...cases<ops.GruAttrs>(ops.gru, [
    ...entriesOf(gru),
    {
      name: "linear before reset",
      attrs: { ...gruAttrs, linearBeforeReset: true },
      inputs: inputsOf(gru, small, gruAttrs),
    },
    ...[1, 9].map((batch) => {
      const sizes = { steps: 3, batch, input: 6, hidden: 130, lengths: [3, 2, 3] };
      return {
        name: `linear before reset, hidden 130, batch ${batch}`,
        attrs: { ...attrsOf(gru, sizes, "reverse", 1), linearBeforeReset: true, clip: 0.8 },
        inputs: inputsOf(gru, sizes, attrsOf(gru, sizes, "reverse", 1)),
      };
    }),
  ]),
  ...cases(ops.rnn, [
    ...entriesOf(rnn),
    {
      name: "of relu",
      attrs: { ...attrsOf(rnn, small, "forward", 0), activations: ["Relu"] },
      inputs: inputsOf(rnn, small, attrsOf(rnn, small, "forward", 0)),
    },
  ]),
];
