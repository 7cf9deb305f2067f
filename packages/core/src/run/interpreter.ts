import type { Plan } from "../compile/plan.ts";
import { bug } from "../errors.ts";
import { isContainer } from "../ir/dtype.ts";
import { evaluateNode } from "../ir/evaluate.ts";
import type { Block, Node, Value } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import type { Executor, RunRequest } from "./executor.ts";
import { type NodeReport, reportInterpreted } from "./report.ts";

/** An event that waits for the JavaScript thread is late by at most this and one node. */
const longestTurnMs = 8;

/**
 * Runs a block by reference, node by node: for programs whose shapes only a run makes known. Every output is the
 * caller's own, sharing nothing with feeds, constants or another output.
 */
export class Interpreter implements Executor {
  readonly reports: readonly NodeReport[];
  readonly plans: readonly Plan[] = [];
  readonly #block: Block;
  readonly #lastUse = new Map<Value, Node>();

  constructor(block: Block) {
    this.#block = block;
    this.reports = block.nodes.map(reportInterpreted);
    for (const node of block.nodes) for (const input of node.inputs) this.#lastUse.set(input, node);
    for (const output of block.outputs) this.#lastUse.delete(output);
  }

  runSync(request: RunRequest): readonly Tensor[] | undefined {
    const tensors = this.#begin(request);
    for (const node of this.#block.nodes) {
      if (Atomics.load(request.cancel, 0) !== 0) return undefined;
      this.#step(node, tensors, request);
    }
    return this.#end(tensors);
  }

  async run(request: RunRequest): Promise<readonly Tensor[] | undefined> {
    const tensors = this.#begin(request);
    let turnStart = performance.now();
    for (const node of this.#block.nodes) {
      if (Atomics.load(request.cancel, 0) !== 0) return undefined;
      this.#step(node, tensors, request);
      if (performance.now() - turnStart > longestTurnMs) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnStart = performance.now();
      }
    }
    return this.#end(tensors);
  }

  #begin({ feeds }: RunRequest): Map<Value, Tensor> {
    return new Map(this.#block.inputs.map((input, i) => [input, feeds[i] ?? bug(`no feed "${input.name}"`)]));
  }

  #step(node: Node, tensors: Map<Value, Tensor>, { nodeNs }: RunRequest): void {
    const startNs = nodeNs ? process.hrtime.bigint() : 0n;
    const results = evaluateNode(
      node,
      node.inputs.map((input) => tensorOf(input, tensors)),
    );
    node.outputs.forEach((output, i) => {
      tensors.set(output, results[i] ?? bug(`${node.op.name} gave no output ${i}`));
    });
    for (const input of node.inputs) if (this.#lastUse.get(input) === node) tensors.delete(input);
    if (nodeNs) nodeNs.set(node, (nodeNs.get(node) ?? 0) + Number(process.hrtime.bigint() - startNs));
  }

  #end(tensors: Map<Value, Tensor>): readonly Tensor[] {
    return this.#block.outputs.map((output) => owned(tensorOf(output, tensors)));
  }
}

function tensorOf(value: Value, tensors: ReadonlyMap<Value, Tensor>): Tensor {
  return value.data ?? tensors.get(value) ?? bug(`value "${value.name}" is not computed`);
}

function owned(tensor: Tensor): Tensor {
  const { dtype, shape, element } = tensor;
  if (isContainer(dtype)) return Tensor.containerOf(dtype, tensor.items.map(owned), element!);
  if (tensor.packed) return Tensor.fromPacked(dtype, shape, tensor.packed.slice());
  return Tensor.from(dtype, shape, tensor.data.slice());
}
