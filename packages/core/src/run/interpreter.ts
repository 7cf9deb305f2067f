import { plansBlocks } from "../compile/bodies.ts";
import type { Plan } from "../compile/plan.ts";
import { bug } from "../errors.ts";
import { isContainer } from "../ir/dtype.ts";
import { answerCalls, evaluateNode, namedError } from "../ir/evaluate.ts";
import { nestedBlocks } from "../ir/nested.ts";
import type { Block, Node, Value } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import type { BlockRunner } from "./block-runner.ts";
import type { Executor, RunRequest } from "./executor.ts";
import { type NodeReport, reportInterpreted } from "./report.ts";

/** An event that waits for the JavaScript thread is late by at most this and one node. */
const longestTurnMs = 8;

/**
 * Runs a block by reference, node by node: for programs whose shapes only a run makes known. Blocks within are run by
 * `blocks`. Every output is the caller's own, sharing nothing with feeds, constants or another output.
 */
export class Interpreter implements Executor {
  readonly reports: readonly NodeReport[];
  readonly #block: Block;
  readonly #blocks: BlockRunner;
  readonly #lastUse = new Map<Value, Node>();

  constructor(block: Block, blocks: BlockRunner) {
    this.#block = block;
    this.#blocks = blocks;
    this.reports = block.nodes.map(reportInterpreted);
    for (const node of block.nodes) for (const input of node.inputs) this.#lastUse.set(input, node);
    for (const output of block.outputs) this.#lastUse.delete(output);
  }

  /** Those made so far for blocks within. */
  get plans(): readonly Plan[] {
    const nested = this.#block.nodes.filter(plansBlocks).flatMap(nestedBlocks);
    return nested.flatMap(([, block]) => this.#blocks.plansOf(block));
  }

  runSync(request: RunRequest): readonly Tensor[] | undefined {
    const tensors = this.#begin(request);
    for (const node of this.#block.nodes) {
      if (Atomics.load(request.cancel, 0) !== 0) return undefined;
      const startNs = now(request);
      const results = this.#evaluate(node, inputsOf(node, tensors), request);
      if (!results) return undefined;
      this.#keep(node, results, tensors);
      addTime(node, startNs, request);
    }
    return this.#end(tensors);
  }

  async run(request: RunRequest): Promise<readonly Tensor[] | undefined> {
    const tensors = this.#begin(request);
    const turn = new Turn();
    for (const node of this.#block.nodes) {
      if (Atomics.load(request.cancel, 0) !== 0) return undefined;
      const startNs = now(request);
      const inputs = inputsOf(node, tensors);
      const results = node.op.calls
        ? await this.#answer(node, inputs, { request, turn })
        : this.#evaluate(node, inputs, request);
      if (!results) return undefined;
      this.#keep(node, results, tensors);
      addTime(node, startNs, request);
      await turn.pause();
    }
    return this.#end(tensors);
  }

  #begin({ feeds }: RunRequest): Map<Value, Tensor> {
    return new Map(this.#block.inputs.map((input, i) => [input, feeds[i] ?? bug(`no feed "${input.name}"`)]));
  }

  /** Undefined when cancelled. */
  #evaluate(node: Node, inputs: readonly Tensor[], request: RunRequest): readonly Tensor[] | undefined {
    if (!node.op.calls) return evaluateNode(node, inputs);
    try {
      return answerCalls(node.op.calls(inputs, node.attrs), (call) => this.#blocks.runSync(call, request));
    } catch (error) {
      throw namedError(node, error);
    }
  }

  /** Undefined when cancelled. */
  async #answer(
    node: Node,
    inputs: readonly Tensor[],
    { request, turn }: { readonly request: RunRequest; readonly turn: Turn },
  ): Promise<readonly Tensor[] | undefined> {
    try {
      const calls = node.op.calls!(inputs, node.attrs);
      let step = calls.next();
      while (!step.done) {
        const outputs = await this.#blocks.run(step.value, request);
        if (!outputs) return undefined;
        await turn.pause();
        step = calls.next(outputs);
      }
      return step.value;
    } catch (error) {
      throw namedError(node, error);
    }
  }

  #keep(node: Node, results: readonly Tensor[], tensors: Map<Value, Tensor>): void {
    node.outputs.forEach((output, i) => {
      tensors.set(output, results[i] ?? bug(`${node.op.name} gave no output ${i}`));
    });
    for (const input of node.inputs) if (this.#lastUse.get(input) === node) tensors.delete(input);
  }

  #end(tensors: Map<Value, Tensor>): readonly Tensor[] {
    return this.#block.outputs.map((output) => owned(tensorOf(output, tensors)));
  }
}

/** Lets events of the JavaScript thread in when they have waited for long. */
class Turn {
  #start = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#start <= longestTurnMs) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#start = performance.now();
  }
}

const now = ({ nodeNs }: RunRequest): bigint => (nodeNs ? process.hrtime.bigint() : 0n);

function addTime(node: Node, startNs: bigint, { nodeNs }: RunRequest): void {
  nodeNs?.set(node, (nodeNs.get(node) ?? 0) + Number(process.hrtime.bigint() - startNs));
}

function inputsOf(node: Node, tensors: ReadonlyMap<Value, Tensor>): readonly Tensor[] {
  return node.inputs.map((input) => tensorOf(input, tensors));
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
