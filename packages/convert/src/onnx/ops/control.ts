import {
  type Block,
  type Dim,
  type ElementType,
  mergedElement,
  ops,
  Tensor,
  type TensorType,
  type Value,
} from "@coracle/core";
import { BlockWriter } from "../block-writer.ts";
import { OnnxContext, type Subgraph } from "../context.ts";
import type { GraphProto } from "../proto.ts";
import { Scope } from "../scope.ts";
import { rankOf, reshape } from "./common.ts";

export function subgraph(context: OnnxContext, name: string): GraphProto {
  return context.attributes.graph(name) ?? context.fail(`attribute ${name} is absent`, "a graph");
}

export function scalarOf(context: OnnxContext, value: Value): Value {
  return rankOf(value) === 0 ? value : reshape(context, value, context.ints([]));
}

/** The block of a scope, with inputs for exactly these captured values, in order, after its `declared` own. */
export function blockOf(
  scope: Scope,
  outputs: readonly Value[],
  captured: readonly Value[],
  declared: number,
): Block {
  const own = scope.writer.inputs.slice(0, declared);
  const captures = captured.map((outer) => scope.capture(outer));
  return { ...scope.writer.block(outputs), inputs: [...own, ...captures] };
}

const isOneElement = ({ dtype, shape, element }: TensorType): boolean =>
  dtype !== "sequence" && element === undefined && shape.every((dim) => dim === 1);

/** Branches may give a scalar and a list of one; a type has one rank, so the scalar becomes a list too. */
function alike(branches: readonly Subgraph[]): readonly Subgraph[] {
  const ranks = branches[0]!.outputs.map((_, i) =>
    Math.max(...branches.map(({ outputs }) => outputs[i]?.type.shape.length ?? 0)),
  );
  const canBe = ranks.map((_, i) =>
    branches.every(({ outputs }) => outputs[i] && isOneElement(outputs[i].type)),
  );
  return branches.map(({ scope, outputs }) => ({
    scope,
    outputs: outputs.map((value, i) => {
      if (!canBe[i] || value.type.shape.length === ranks[i]) return value;
      const shape = scope.writer.constant(
        Tensor.ints(new Array<number>(ranks[i]!).fill(1)),
        `${value.name}.shape`,
      );
      return scope.writer.node(ops.reshape, { allowZero: false }, [value, shape], `${value.name}.list`)[0]!;
    }),
  }));
}

export function If(context: OnnxContext): readonly Value[] {
  const { scope, subgraphs } = context.node;
  const condition = scalarOf(context, context.input(0));
  const [then, otherwise] = [subgraph(context, "then_branch"), subgraph(context, "else_branch")];
  if (condition.data) return subgraphs.inline(Number(condition.data.data[0]) !== 0 ? then : otherwise, scope);
  const branches = alike([then, otherwise].map((graph) => subgraphs.read(graph, scope, [])));
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
  if (!a.element || !b.element) return { dtype: a.dtype, shape };
  const merged = mergedElement(a.element, b.element);
  if (!merged) context.fail(`carried value "${name}" of other items`, "the same dtype");
  const element = a.shape[0] === 0 ? b.element : b.shape[0] === 0 ? a.element : merged!;
  return { dtype: a.dtype, shape, element };
}

/** The same rank, all the way in, and no number that has become open. */
function isElementSettled(wider: ElementType | undefined, type: ElementType | undefined): boolean {
  if (!wider || !type) return wider === type;
  const [now, before] = [wider.shape, type.shape];
  const isSame =
    now === before ||
    (now?.length === before?.length && now!.every((dim, i) => typeof dim === "string" || dim === before![i]));
  const isOpened = now?.some((dim, i) => typeof dim === "string" && typeof before?.[i] === "number");
  return isSame && !isOpened && isElementSettled(wider.element, type.element);
}

interface Body {
  readonly graph: GraphProto;
  /** Types before, of and after the carried values among the body's inputs. */
  readonly lead: readonly TensorType[];
  readonly carried: readonly TensorType[];
  readonly rest: readonly TensorType[];
  /** Where the carried values stand among the body's outputs. */
  readonly firstOutput: number;
}

interface CarryingBody extends Subgraph {
  /** Which carried optionals the body gives as what they hold. */
  readonly isHeld: readonly boolean[];
}

/** Reads the body again with wider types until what it carries out fits what it takes in. */
function readBody(context: OnnxContext, body: Body): CarryingBody {
  const { scope, subgraphs } = context.node;
  let carried = body.carried;
  for (;;) {
    const inner = subgraphs.read(body.graph, scope, [...body.lead, ...carried, ...body.rest]);
    const read = withOptionals(inner, body.firstOutput, carried);
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
    if (wider.every((type, i) => isSettled(type, carried[i]!))) return read;
    carried = wider;
  }
}

/** Where the body takes an optional and gives what one holds, the optional of that. */
function withOptionals(read: Subgraph, first: number, carried: readonly TensorType[]): CarryingBody {
  const isHeld = carried.map(
    ({ dtype }, i) => dtype === "optional" && read.outputs[first + i]?.type.dtype !== "optional",
  );
  const outputs = read.outputs.map((output, i) =>
    isHeld[i - first]
      ? read.scope.writer.node(ops.optional, {}, [output], `${output.name}.optional`)[0]!
      : output,
  );
  return { scope: read.scope, outputs, isHeld };
}

/** Widening again would only rename symbols. */
function isSettled(wider: TensorType, type: TensorType): boolean {
  const isShape = wider.shape.every((dim, i) => dim === type.shape[i] || typeof type.shape[i] === "string");
  return isShape && isElementSettled(wider.element, type.element);
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
  const results = context.emitAll(ops.loop, attrs, [maxTrip, condition, ...carried, ...captured]);
  return results.map((result, i) =>
    body.isHeld[i] ? context.emit(ops.optionalGetElement, {}, [result]) : result,
  );
}

function withoutAxis(type: TensorType, axis: number): TensorType {
  const at = axis < 0 ? axis + type.shape.length : axis;
  return { dtype: type.dtype, shape: type.shape.filter((_, i) => i !== at) };
}

function directions(context: OnnxContext, name: string, count: number): number[] {
  return [...(context.attributes.ints(name) ?? new Array<number>(count).fill(0))];
}

/** The first form has a batch axis in front of everything: a scan over it of scans over what was axis 1. */
function batchedScan(context: OnnxContext): readonly Value[] {
  if (context.optional(0)) context.fail("sequence_lens", "sequences of one length, without them");
  const values = context.inputs.slice(1).map((_, i) => context.input(1 + i));
  if (values.length === 0) context.fail("0 states and scan inputs", "at least 1");
  const scope = new Scope(new BlockWriter(), context.node.scope);
  const rows = values.map(({ name, type }) => scope.writer.input(name, withoutAxis(type, 0)));
  const numScanInputs = context.requiredInt("num_scan_inputs");
  const directed = directions(context, "directions", numScanInputs);
  const inner = new OnnxContext({ ...context.node, scope, inputs: rows });
  const outputs = scanOf(inner, directed);
  const captured = [...scope.captures.keys()];
  const attrs = {
    body: blockOf(scope, outputs, captured, rows.length),
    numStates: 0,
    numScanInputs: rows.length,
    scanInputAxes: rows.map(() => 0),
    scanInputDirections: rows.map(() => 0),
    scanOutputAxes: outputs.map(() => 0),
    scanOutputDirections: outputs.map(() => 0),
  };
  return context.emitAll(ops.scan, attrs, [...values, ...captured]);
}

export function Scan(context: OnnxContext): readonly Value[] {
  if (context.opset < 9) return batchedScan(context);
  const numScanInputs = context.requiredInt("num_scan_inputs");
  return scanOf(context, directions(context, "scan_input_directions", numScanInputs));
}

function scanOf(context: OnnxContext, scanInputDirections: readonly number[]): readonly Value[] {
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
    scanInputDirections,
    scanOutputAxes: directions(context, "scan_output_axes", numOutputs),
    scanOutputDirections: directions(context, "scan_output_directions", numOutputs),
  };
  return context.emitAll(ops.scan, attrs, [...values, ...captured]);
}
