import { bug } from "../errors.ts";
import { dataConstructor, type TypedData } from "../ir/dtype.ts";
import { evaluateNode } from "../ir/evaluate.ts";
import type { Op } from "../ir/op.ts";
import type { Node, Value } from "../ir/program.ts";
import { staticShape } from "../ir/shape.ts";
import { storedElements, Tensor } from "../ir/tensor.ts";
import type { Backend } from "./backend.ts";
import type { Device, Executable, Location, PlannedStep, RunContext, Segment } from "./device.ts";
import type { Kernel } from "./kernel.ts";
import { reorderData } from "./reorder-data.ts";

const viewOps = new Set(["reshape", "flatten", "squeeze", "unsqueeze", "identity"]);
const nsPerFlop = 50;
const nsPerReordered = 3;
const nsPerStep = 2_000;
/** An event that waits for the JavaScript thread is late by at most this and one step. */
const longestTurnMs = 8;

const kernels = new WeakMap<Op, Kernel>();

function costNs(node: Node): number {
  const types = [...node.inputs, ...node.outputs].map(({ type }) => type);
  const moved = types.reduce((sum, type) => sum + storedElements(type), 0);
  if (node.op.name === "reorder") return nsPerStep + nsPerReordered * moved;
  const flops = node.op.flops?.(
    node.inputs.map(({ type }) => type),
    node.outputs.map(({ type }) => type),
    node.attrs,
  );
  return nsPerStep + nsPerFlop * Math.max(moved, flops ?? 0);
}

/** The op's own reference as a kernel. Its single step has the node's inputs, then its outputs, as arguments. */
function referenceKernel(op: Op): Kernel {
  const known = kernels.get(op);
  if (known) return known;
  const isView = viewOps.has(op.name);
  const kernel: Kernel = {
    op,
    name: `reference/${op.name}`,
    supports: () => true,
    costNs: (node) => (isView ? 1 : costNs(node)),
    lower: (node, plan) =>
      plan.step({
        kernel: op.name,
        args: [...node.inputs, ...node.outputs].map((value) => plan.arg(value)),
        params: new Int32Array(0),
        tasks: 1,
      }),
    inPlace: (node) =>
      node.outputs.length === 1 && op.name !== "reorder" ? node.inputs.map((_, i) => i) : [],
    isView: () => isView,
  };
  kernels.set(op, kernel);
  return kernel;
}

type Bytes = { readonly view: ArrayBufferView; readonly offsetBytes: number };

function bytesAt(location: Location, context: RunContext): Bytes {
  switch (location.space) {
    case "arena":
      return { view: context.arena, offsetBytes: location.offsetBytes };
    case "constant":
      return { view: location.data, offsetBytes: 0 };
    case "io":
      return {
        view: context.io[location.index] ?? bug(`no io slot ${location.index}`),
        offsetBytes: location.offsetBytes,
      };
    default:
      return location satisfies never;
  }
}

function dataAt(value: Value, location: Location, context: RunContext): TypedData {
  const { view, offsetBytes } = bytesAt(location, context);
  const Data = dataConstructor(value.type.dtype);
  return new Data(view.buffer, view.byteOffset + offsetBytes, storedElements(value.type));
}

interface LocatedStep {
  readonly node: Node;
  readonly locations: readonly Location[];
}

function runReorder({ node, locations }: LocatedStep, context: RunContext): void {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const source = dataAt(input, locations[0]!, context);
  reorderData(source, dataAt(output, locations[1]!, context), input.type, output.type);
}

function runReference({ node, locations }: LocatedStep, context: RunContext): void {
  const inputs = node.inputs.map((value, i) => {
    if (value.data) return value.data;
    const { dtype, shape } = value.type;
    return Tensor.from(dtype, staticShape(shape), dataAt(value, locations[i]!, context));
  });
  const results = evaluateNode(node, inputs);
  node.outputs.forEach((value, i) => {
    const result = results[i] ?? bug(`${node.op.name} gave no output ${i}`);
    const target = dataAt(value, locations[node.inputs.length + i]!, context);
    if (result.data.length !== target.length) {
      bug(
        `${node.op.name} gave ${result.data.length} elements for "${value.name}", planned ${target.length}`,
      );
    }
    (target as Float32Array).set(result.data as Float32Array);
  });
}

function locate(step: PlannedStep, segment: Segment): LocatedStep {
  return { node: step.node, locations: step.args.map((arg) => segment.locate(arg)) };
}

function runStep(step: LocatedStep, index: number, context: RunContext): void {
  const startNs = context.stepNs ? process.hrtime.bigint() : 0n;
  if (step.node.op.name === "reorder") runReorder(step, context);
  else runReference(step, context);
  if (context.stepNs) {
    context.stepNs[index] = context.stepNs[index]! + Number(process.hrtime.bigint() - startNs);
  }
}

function executable(segment: Segment): Executable {
  const steps = segment.steps.map((step) => locate(step, segment));
  return {
    runSync(context) {
      for (const [i, step] of steps.entries()) {
        if (Atomics.load(context.cancel, 0) !== 0) return false;
        runStep(step, i, context);
      }
      return true;
    },
    async run(context) {
      let turnStart = performance.now();
      for (const [i, step] of steps.entries()) {
        if (Atomics.load(context.cancel, 0) !== 0) return false;
        runStep(step, i, context);
        if (performance.now() - turnStart > longestTurnMs) {
          await new Promise<void>((resolve) => setImmediate(resolve));
          turnStart = performance.now();
        }
      }
      return Atomics.load(context.cancel, 0) === 0;
    },
  };
}

/** Alone it owns the arena; then 64-byte alignment cannot be asked of JavaScript and nothing needs it. */
function openDevice(): Device {
  return {
    target: "reference",
    description: "reference, JavaScript, 1 thread",
    threads: 1,
    call: (kernel) => bug(`the reference has no kernel "${kernel}" to call`),
    allocate: (bytes) => new Uint8Array(bytes),
    build: executable,
    dispose: () => undefined,
  };
}

/** Every op by its own definition, on the JavaScript thread: always there, supports every node, slow. */
export const reference: Backend = {
  target: "reference",
  preference: 0,
  kernels: [],
  kernelsFor: (op) => [referenceKernel(op)],
  probe: async () => ({ available: true, description: "reference, JavaScript, 1 thread" }),
  open: async () => openDevice(),
};
