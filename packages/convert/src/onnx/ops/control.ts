import { type Block, type Dim, ops, sameShape, Tensor, type TensorType, type Value } from "@coracle/core";
import type { OnnxContext, Subgraph } from "../context.ts";
import type { GraphProto } from "../proto.ts";
import type { Scope } from "../scope.ts";
import { rankOf, reshape } from "./common.ts";

function subgraph(context: OnnxContext, name: string): GraphProto {
  return context.attributes.graph(name) ?? context.fail(`attribute ${name} is absent`, "a graph");
}

function scalarOf(context: OnnxContext, value: Value): Value {
  return rankOf(value) === 0 ? value : reshape(context, value, context.ints([]));
}

/** The block of a scope, with inputs for exactly these captured values, in order, after its `declared` own. */
function blockOf(
  scope: Scope,
  outputs: readonly Value[],
  captured: readonly Value[],
  declared: number,
): Block {
  const own = scope.writer.inputs.slice(0, declared);
  const captures = captured.map((outer) => scope.capture(outer));
  return { ...scope.writer.block(outputs), inputs: [...own, ...captures] };
}

export function If(context: OnnxContext): readonly Value[] {
  const { scope, subgraphs } = context.node;
  const condition = scalarOf(context, context.input(0));
  const [then, otherwise] = [subgraph(context, "then_branch"), subgraph(context, "else_branch")];
  if (condition.data) return subgraphs.inline(Number(condition.data.data[0]) !== 0 ? then : otherwise, scope);
  const branches = [then, otherwise].map((graph) => subgraphs.read(graph, scope, []));
  const captured = [...new Set(branches.flatMap((branch) => [...branch.scope.captures.keys()]))];
  const [thenBlock, elseBlock] = branches.map(({ scope: inner, outputs }) =>
    blockOf(inner, outputs, captured, 0),
  );
  // biome-ignore lint/suspicious/noThenProperty: the catalogue's name for the branch; nothing awaits these attributes.
  const attrs = { then: thenBlock!, else: elseBlock! };
  return context.emitAll(ops.ifElse, attrs, [condition, ...captured]);
}

/** The type both can have: dimensions that differ become symbols of their own. */
function widen(context: OnnxContext, a: TensorType, b: TensorType, name: string): TensorType {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) {
    context.fail(
      `carried value "${name}" of ${a.dtype} rank ${a.shape.length} becomes ${b.dtype} rank ${b.shape.length}`,
      "the same dtype and rank",
    );
  }
  const shape = a.shape.map((dim, i): Dim => (dim === b.shape[i] ? dim : `${name}_${i}`));
  return { dtype: a.dtype, shape };
}

const agree = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

interface Body {
  readonly graph: GraphProto;
  /** Types before, of and after the carried values among the body's inputs. */
  readonly lead: readonly TensorType[];
  readonly carried: readonly TensorType[];
  readonly rest: readonly TensorType[];
  /** Where the carried values stand among the body's outputs. */
  readonly firstOutput: number;
}

/** Reads the body again with wider types until what it carries out fits what it takes in. */
function readBody(context: OnnxContext, body: Body): Subgraph {
  const { scope, subgraphs } = context.node;
  let carried = body.carried;
  for (;;) {
    const read = subgraphs.read(body.graph, scope, [...body.lead, ...carried, ...body.rest]);
    if (read.outputs.length < body.firstOutput + carried.length) {
      context.fail(
        `a body with ${read.outputs.length} outputs`,
        `at least ${body.firstOutput + carried.length}`,
      );
    }
    const wider = carried.map((type, i) =>
      widen(
        context,
        type,
        read.outputs[body.firstOutput + i]!.type,
        body.graph.input[body.lead.length + i]!.name,
      ),
    );
    if (wider.every((type, i) => agree(type, carried[i]!))) return read;
    if (wider.every((type, i) => isSettled(type, carried[i]!))) return read;
    carried = wider;
  }
}

/** Widening again would only rename symbols. */
function isSettled(wider: TensorType, type: TensorType): boolean {
  return wider.shape.every((dim, i) => dim === type.shape[i] || typeof type.shape[i] === "string");
}

export function Loop(context: OnnxContext): readonly Value[] {
  const { inputs } = context;
  const maxTrip = inputs[0]
    ? scalarOf(context, inputs[0])
    : context.constant(Tensor.from("i64", [], [2 ** 53]));
  const condition = inputs[1] ? scalarOf(context, inputs[1]) : context.scalar("bool", 1);
  const carried = inputs.slice(2).map((_, i) => context.input(2 + i));
  const graph = subgraph(context, "body");
  const body = readBody(context, {
    graph,
    lead: [
      { dtype: "i64", shape: [] },
      { dtype: "bool", shape: [] },
    ],
    carried: carried.map(({ type }) => type),
    rest: [],
    firstOutput: 1,
  });
  const captured = [...body.scope.captures.keys()];
  const block = blockOf(body.scope, body.outputs, captured, graph.input.length);
  const attrs = { body: block, numCarried: carried.length };
  return context.emitAll(ops.loop, attrs, [maxTrip, condition, ...carried, ...captured]);
}

function withoutAxis(type: TensorType, axis: number): TensorType {
  const at = axis < 0 ? axis + type.shape.length : axis;
  return { dtype: type.dtype, shape: type.shape.filter((_, i) => i !== at) };
}

function directions(context: OnnxContext, name: string, count: number): number[] {
  return [...(context.attributes.ints(name) ?? new Array<number>(count).fill(0))];
}

/** Opset 8 has a batch axis of its own in front: (sequence_lens?, states..., scans...), which is not supported. */
export function Scan(context: OnnxContext): readonly Value[] {
  if (context.opset < 9) context.fail("opset 8", "9 or newer: batched scans are not supported");
  const graph = subgraph(context, "body");
  const numScanInputs = context.requiredInt("num_scan_inputs");
  const values = context.all();
  const numStates = values.length - numScanInputs;
  if (numStates < 0)
    context.fail(`num_scan_inputs ${numScanInputs} of ${values.length} inputs`, "no more than there are");
  const numOutputs = graph.output.length - numStates;
  const scanInputAxes = directions(context, "scan_input_axes", numScanInputs);
  const body = readBody(context, {
    graph,
    lead: [],
    carried: values.slice(0, numStates).map(({ type }) => type),
    rest: values.slice(numStates).map(({ type }, i) => withoutAxis(type, scanInputAxes[i]!)),
    firstOutput: 0,
  });
  const captured = [...body.scope.captures.keys()];
  const attrs = {
    body: blockOf(body.scope, body.outputs, captured, graph.input.length),
    numStates,
    numScanInputs,
    scanInputAxes,
    scanInputDirections: directions(context, "scan_input_directions", numScanInputs),
    scanOutputAxes: directions(context, "scan_output_axes", numOutputs),
    scanOutputDirections: directions(context, "scan_output_directions", numOutputs),
  };
  return context.emitAll(ops.scan, attrs, [...values, ...captured]);
}
