/**
 * Gradient of ai.onnx.preview.training: the nodes from xs to y again, over the given values, then backwards.
 * Knows the derivative of the ops listed here; others are refused by name.
 */
import { type Node, ops, sameShape, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { binary, range, rankOf, reshape, scalarLike, shapeOf, transpose } from "./common.ts";

interface Step {
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** Of y by the output. */
  readonly gradient: Value;
  readonly attrs: unknown;
}

/** The gradients of y by the inputs; undefined for one that y does not depend on smoothly. */
type Derivative = (context: OnnxContext, step: Step) => readonly (Value | undefined)[];

/** A gradient of a broadcast result summed down to one operand. */
function summedTo(context: OnnxContext, gradient: Value, operand: Value): Value {
  const [wide, own] = [gradient.type.shape, operand.type.shape];
  if (sameShape(wide, own)) return gradient;
  const lead = wide.length - own.length;
  const axes = range(wide.length).filter((i) => i < lead || (own[i - lead] === 1 && wide[i] !== 1));
  if (axes.length === 0) return gradient;
  const attrs = { keepDims: true, noopWithEmptyAxes: false };
  const sum = context.emit(ops.reduceSum, attrs, [gradient, context.ints(axes)]);
  return reshape(context, sum, shapeOf(context, operand));
}

function mul(context: OnnxContext, a: Value, b: Value): Value {
  return binary(context, ops.mul, a, b);
}

const oneMinus = (context: OnnxContext, x: Value): Value =>
  binary(context, ops.sub, scalarLike(context, x, 1), x);

/** Of an operator of two operands that broadcast. */
function ofTwo(each: (context: OnnxContext, step: Step) => readonly [Value, Value]): Derivative {
  return (context, step) =>
    each(context, step).map((gradient, i) => summedTo(context, gradient, step.inputs[i]!));
}

/** The gradient times a factor of input and output. */
function ofOne(factor: (context: OnnxContext, x: Value, y: Value) => Value): Derivative {
  return (context, { inputs, output, gradient }) => [
    mul(context, gradient, factor(context, inputs[0]!, output)),
  ];
}

function swapped(context: OnnxContext, x: Value): Value {
  const axes = range(rankOf(x));
  return transpose(context, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** Products of matrices, without transposition or bias. */
function ofProduct(context: OnnxContext, { inputs, gradient, attrs }: Step): readonly Value[] {
  const [a, b] = inputs as readonly [Value, Value];
  const { transA, transB, alpha = 1 } = attrs as { transA?: boolean; transB?: boolean; alpha?: number };
  if (transA || transB || alpha !== 1 || inputs.length !== 2 || rankOf(a) < 2 || rankOf(b) < 2)
    context.fail("the gradient of a matMul with options", "a plain product of matrices");
  const byA = context.emit(ops.matMul, {}, [gradient, swapped(context, b)]);
  const byB = context.emit(ops.matMul, {}, [swapped(context, a), gradient]);
  return [summedTo(context, byA, a), summedTo(context, byB, b)];
}

/** Sums over axes, each element of which counts the same. */
function ofSum(isMean: boolean): Derivative {
  return (context, { inputs, output, gradient, attrs }) => {
    const [x, axes] = inputs as readonly [Value, Value?];
    const { keepDims } = attrs as { keepDims: boolean };
    const list = axes ?? context.ints(range(rankOf(x)));
    const kept = keepDims ? gradient : context.emit(ops.unsqueeze, {}, [gradient, list]);
    const wide = context.emit(ops.expand, {}, [kept, shapeOf(context, x)]);
    if (!isMean) return [wide];
    const counts = [output, x].map((value) =>
      context.emit(ops.cast, { to: x.type.dtype }, [context.emit(ops.sizeOf, {}, [value])]),
    );
    return [mul(context, wide, binary(context, ops.div, counts[0]!, counts[1]!))];
  };
}

const reshaped: Derivative = (context, { inputs, gradient }) => [
  reshape(context, gradient, shapeOf(context, inputs[0]!)),
];

const derivatives: Readonly<Record<string, Derivative>> = {
  add: ofTwo((_, { gradient }) => [gradient, gradient]),
  sub: ofTwo((context, { gradient }) => [gradient, context.emit(ops.neg, {}, [gradient])]),
  mul: ofTwo((context, { inputs, gradient }) => [
    mul(context, gradient, inputs[1]!),
    mul(context, gradient, inputs[0]!),
  ]),
  div: ofTwo((context, { inputs, output, gradient }) => {
    const byA = binary(context, ops.div, gradient, inputs[1]!);
    return [byA, context.emit(ops.neg, {}, [mul(context, byA, output)])];
  }),
  pow: (context, { inputs, gradient }) => {
    const [x, power] = inputs as readonly [Value, Value];
    if (!power.data) context.fail("the gradient of a power that is computed", "a constant power");
    const lower = binary(context, ops.sub, power, scalarLike(context, power, 1));
    const factor = mul(
      context,
      context.emit(ops.cast, { to: x.type.dtype }, [power]),
      binary(context, ops.pow, x, lower),
    );
    return [summedTo(context, mul(context, gradient, factor), x), undefined];
  },
  neg: (context, { gradient }) => [context.emit(ops.neg, {}, [gradient])],
  identity: (_, { gradient }) => [gradient],
  exp: ofOne((_, __, y) => y),
  log: ofOne((context, x) => context.emit(ops.reciprocal, {}, [x])),
  sqrt: ofOne((context, _, y) => binary(context, ops.div, scalarLike(context, y, 0.5), y)),
  sin: ofOne((context, x) => context.emit(ops.cos, {}, [x])),
  cos: ofOne((context, x) => context.emit(ops.neg, {}, [context.emit(ops.sin, {}, [x])])),
  abs: ofOne((context, x) => context.emit(ops.sign, {}, [x])),
  tanh: ofOne((context, _, y) => oneMinus(context, mul(context, y, y))),
  sigmoid: ofOne((context, _, y) => mul(context, y, oneMinus(context, y))),
  relu: ofOne((context, x) => context.emit(ops.sign, {}, [context.emit(ops.relu, {}, [x])])),
  matMul: ofProduct,
  reduceSum: ofSum(false),
  reduceMean: ofSum(true),
  reshape: reshaped,
  flatten: reshaped,
  squeeze: reshaped,
  unsqueeze: reshaped,
  transpose: (context, { gradient, attrs }) => {
    const { perm } = attrs as { perm: readonly number[] };
    return [
      transpose(
        context,
        gradient,
        range(perm.length).map((axis) => perm.indexOf(axis)),
      ),
    ];
  },
};

/** The nodes that y depends on and that depend on an x, in order. */
function between(nodes: readonly Node[], xs: ReadonlySet<Value>, y: Value): Node[] {
  const from = new Set(xs);
  const forward = nodes.filter(({ inputs, outputs }) => {
    const depends = inputs.some((input) => from.has(input)) && !outputs.some((output) => xs.has(output));
    if (depends) for (const output of outputs) from.add(output);
    return depends;
  });
  const wanted = new Set([y]);
  return forward
    .toReversed()
    .filter(({ inputs, outputs }) => {
      const isWanted = outputs.some((output) => wanted.has(output));
      if (isWanted) for (const input of inputs) wanted.add(input);
      return isWanted;
    })
    .toReversed();
}

function named(context: OnnxContext, name: string): Value {
  return context.node.scope.get(name) ?? context.fail(`no value "${name}"`, "one that is made before");
}

/** The nodes once more where a given value is not the one of that name; else as they are. */
function evaluated(context: OnnxContext, nodes: readonly Node[], values: Map<Value, Value>): void {
  const at = (value: Value): Value => values.get(value) ?? value;
  const isSame = [...values].every(([value, given]) => value === given);
  for (const node of nodes) {
    const outputs = isSame ? node.outputs : context.emitAll(node.op, node.attrs, node.inputs.map(at));
    node.outputs.forEach((output, i) => {
      values.set(output, outputs[i]!);
    });
  }
}

/** (xs..., zs...) with the names of what they stand for -> the gradient of y by each x; y is summed over its elements. */
export function Gradient(context: OnnxContext): readonly Value[] {
  const names = context.attributes.strings("xs") ?? context.fail("no xs", "the names of the inputs");
  const held = context.attributes.strings("zs") ?? [];
  const xs = names.map((name) => named(context, name));
  const y = named(context, context.attributes.string("y", ""));
  const values = new Map([...names, ...held].map((name, i) => [named(context, name), context.input(i)]));
  const nodes = between([...context.node.scope.writer.nodes], new Set(values.keys()), y);
  evaluated(context, nodes, values);
  const at = (value: Value): Value => values.get(value) ?? value;
  const one = context.emit(ops.expand, {}, [scalarLike(context, y, 1), shapeOf(context, at(y))]);
  const gradients = new Map<Value, Value>([[y, one]]);
  for (const node of nodes.toReversed()) {
    const gradient = gradients.get(node.outputs[0]!);
    if (!gradient) continue;
    const derivative = derivatives[node.op.name];
    if (!derivative || node.outputs.length !== 1)
      return context.fail(
        `${node.op.name} "${node.name}" between the xs and y`,
        Object.keys(derivatives).join(", "),
      );
    const step = { inputs: node.inputs.map(at), output: at(node.outputs[0]!), gradient, attrs: node.attrs };
    derivative(context, step).forEach((term, i) => {
      const input = node.inputs[i]!;
      const known = gradients.get(input);
      if (term) gradients.set(input, known ? binary(context, ops.add, known, term) : term);
    });
  }
  return xs.map((x) => {
    const found = gradients.get(x);
    return found ?? context.emit(ops.expand, {}, [scalarLike(context, x, 0), shapeOf(context, at(x))]);
  });
}
