import { CoracleError } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import { dtypeBytes } from "../ir/dtype.ts";
import type { Op } from "../ir/op.ts";
import type { Node, Value } from "../ir/program.ts";
import { isStatic } from "../ir/shape.ts";
import { storedElements } from "../ir/tensor.ts";
import type { Backend } from "./backend.ts";
import type { Arg, Kernel, PlanBuilder } from "./kernel.ts";

export interface ComposedKernel<A> {
  readonly op: Op<A>;
  /** "x86/scale-shift" */
  readonly name: string;
  /** Whose kernels do the work. */
  readonly backend: Backend;
  /** The op's outputs by nodes of ordinary ops, each made by a node of its own. */
  expand(builder: ProgramBuilder, inputs: readonly Value[], attrs: A): readonly Value[];
}

interface Part {
  readonly node: Node;
  readonly kernel: Kernel;
}

const isRowMajor = (layouts: readonly unknown[]): boolean => layouts.every((layout) => layout === undefined);

function takesRowMajor(kernel: Kernel, node: Node): boolean {
  const choices = kernel.layouts?.(node);
  return !choices || choices.some(({ inputs, outputs }) => isRowMajor(inputs) && isRowMajor(outputs));
}

/** The cheapest of the backend's kernels for a node, all values row-major; else why there is none. */
function kernelFor({ kernels }: Backend, node: Node): Kernel | string {
  const reasons: string[] = [];
  let best: Kernel | undefined;
  for (const kernel of kernels) {
    if (kernel.op.name !== node.op.name) continue;
    const answer = kernel.supports(node);
    if (answer !== true) reasons.push(`${kernel.name}: ${answer}`);
    else if (!takesRowMajor(kernel, node)) reasons.push(`${kernel.name}: it wants channels in blocks`);
    else if (kernel.isView?.(node)) reasons.push(`${kernel.name}: it makes no values of its own`);
    else if (!best || kernel.costNs(node) < best.costNs(node)) best = kernel;
  }
  return best ?? `${node.op.name} has no kernel here (${reasons.join("; ") || "none of that name"})`;
}

/** The nodes that make the outputs of `node`, each with its kernel; else why not. */
function partsOf<A>(node: Node<A>, { backend, expand }: ComposedKernel<A>): readonly Part[] | string {
  const builder = new ProgramBuilder();
  const made = expand(builder, node.inputs, node.attrs);
  const { nodes } = builder.build(made);
  if (
    new Set(made).size !== node.outputs.length ||
    made.some((value) => !nodes.some(({ outputs }) => outputs.includes(value)))
  )
    return `it expands to ${made.length} outputs; expected ${node.outputs.length}, each made by a node of its own`;
  const swap = (value: Value): Value => node.outputs[made.indexOf(value)] ?? value;
  const parts: Part[] = [];
  for (const part of nodes) {
    const swapped = { ...part, inputs: part.inputs.map(swap), outputs: part.outputs.map(swap) };
    const symbolic = swapped.outputs.find(({ type }) => !isStatic(type.shape));
    if (symbolic) return `"${symbolic.name}" has a size that only a run makes known`;
    const kernel = kernelFor(backend, swapped);
    if (typeof kernel === "string") return kernel;
    parts.push({ node: swapped, kernel });
  }
  return parts;
}

function tryParts<A>(node: Node<A>, composed: ComposedKernel<A>): readonly Part[] | string {
  try {
    return partsOf(node, composed);
  } catch (error) {
    if (CoracleError.isInstance(error)) return error.message;
    throw error;
  }
}

/** Values between the parts lie in bytes that live during the node only. */
function withTemporaries(plan: PlanBuilder, outer: ReadonlySet<Value>): PlanBuilder {
  const temporaries = new Map<Value, Arg>();
  return {
    threads: plan.threads,
    arg(value) {
      if (value.data || outer.has(value)) return plan.arg(value);
      const known = temporaries.get(value);
      if (known) return known;
      const made = plan.temporary(storedElements(value.type) * dtypeBytes(value.type.dtype));
      temporaries.set(value, made);
      return made;
    },
    temporary: (bytes) => plan.temporary(bytes),
    packed: (source, key, bytes, fill) => plan.packed(source, key, bytes, fill),
    call: (kernel, args, params, tasks) => plan.call(kernel, args, params, tasks),
    step: (spec) => plan.step(spec),
  };
}

/**
 * A kernel for an op by the kernels of ordinary ops that a backend has, in one node: for ops of one's own. Refuses
 * nodes whose parts have no kernel there.
 */
export function composeKernel<A>(composed: ComposedKernel<A>): Kernel<A> {
  const found = (node: Node<A>): readonly Part[] => {
    const parts = tryParts(node, composed);
    return typeof parts === "string" ? [] : parts;
  };
  return {
    op: composed.op,
    name: composed.name,
    supports(node) {
      const parts = tryParts(node, composed);
      return typeof parts === "string" ? parts : true;
    },
    costNs: (node) => found(node).reduce((sum, part) => sum + part.kernel.costNs(part.node), 0),
    lower(node, plan) {
      const inner = withTemporaries(plan, new Set([...node.inputs, ...node.outputs]));
      for (const part of found(node)) part.kernel.lower(part.node, inner);
    },
  };
}

/** The same backend with more kernels, which run on its device. They win where they cost less. */
export function withKernels(backend: Backend, kernels: readonly Kernel[]): Backend {
  return {
    target: backend.target,
    preference: backend.preference,
    get kernels(): readonly Kernel[] {
      return [...kernels, ...backend.kernels];
    },
    ...(backend.kernelsFor ? { kernelsFor: (op: Op) => backend.kernelsFor!(op) } : {}),
    probe: () => backend.probe(),
    open: (options) => backend.open(options),
  };
}
