import { evaluateNode } from "../ir/evaluate.ts";
import type { Node, Value } from "../ir/program.ts";
import { isOp, type Rewrite, type RewriteGraph } from "../ir/rewrite.ts";
import { Tensor } from "../ir/tensor.ts";
import { concat, softmax, transpose } from "../ops/index.ts";
import { isBroadcasting, isUnary } from "./elementwise.ts";
import { type Pass, rewritePass } from "./pass.ts";
import { reshaped } from "./views.ts";

type Perm = readonly number[];

const isIdentityPerm = (perm: Perm): boolean => perm.every((axis, i) => axis === i);

/** The one transpose that does `first`, then `second`. */
const composePerms = (first: Perm, second: Perm): Perm => second.map((axis) => first[axis]!);

const mergeTransposes: Rewrite = {
  name: "merge-transposes",
  anchors: [transpose],
  rewrite(node, graph) {
    if (!isOp(node, transpose)) return undefined;
    const inner = graph.producer(node.inputs[0]!);
    if (!isOp(inner, transpose)) return undefined;
    const perm = composePerms(inner.attrs.perm, node.attrs.perm);
    if (isIdentityPerm(perm)) return [inner.inputs[0]!];
    return [graph.one(transpose, { perm }, [inner.inputs[0]!])];
  },
};

/** A transpose that only moves dimensions of size 1 leaves the elements where they are. */
export const transposeToReshape: Rewrite = {
  name: "transpose-to-reshape",
  anchors: [transpose],
  rewrite(node, graph) {
    if (!isOp(node, transpose) || isIdentityPerm(node.attrs.perm)) return undefined;
    const { shape } = node.inputs[0]!.type;
    const moved = node.attrs.perm.filter((axis) => shape[axis] !== 1);
    if (moved.some((axis, i) => i > 0 && axis < moved[i - 1]!)) return undefined;
    const value = reshaped(node.inputs[0]!, node.outputs[0]!.type.shape, graph, node.name);
    return value && [value];
  },
};

/** Nodes that one transpose may look at. */
const maxVisited = 100;

/** Builds values as a transpose would give them, from before the transposes that it undoes. */
class Sinking {
  readonly #graph: RewriteGraph;
  readonly #perm: Perm;
  #numVisited = 0;
  /** Transposes that disappear, less those that have to be added. */
  gain = 1;

  constructor(graph: RewriteGraph, perm: Perm) {
    this.#graph = graph;
    this.#perm = perm;
  }

  value(value: Value): Value | undefined {
    const data = this.#graph.constant(value);
    if (data) return this.#constant(value, data);
    if (value.type.shape.length !== this.#perm.length || ++this.#numVisited > maxVisited) return undefined;
    const producer = this.#graph.producer(value);
    if (isOp(producer, transpose) && isIdentityPerm(composePerms(producer.attrs.perm, this.#perm))) {
      if (this.#graph.uses(value) === 1) this.gain++;
      return producer.inputs[0];
    }
    const isOwn = producer && this.#graph.uses(value) === 1;
    return (isOwn && this.#through(producer)) || this.#transposed(value);
  }

  #transposed(value: Value): Value {
    this.gain--;
    return this.#graph.one(transpose, { perm: this.#perm }, [value], `${value.name}.transpose`);
  }

  #constant(value: Value, data: Tensor): Value | undefined {
    if (data.data.length === 1 && data.shape.length <= this.#perm.length) return value;
    if (data.shape.length > this.#perm.length) return undefined;
    const lead = new Array<number>(this.#perm.length - data.shape.length).fill(1);
    const full = Tensor.from(data.dtype, [...lead, ...data.shape], data.data);
    const node = { name: value.name, op: transpose, attrs: { perm: this.#perm }, inputs: [], outputs: [] };
    return this.#graph.constantOf(evaluateNode(node as unknown as Node, [full])[0]!, value.name);
  }

  #through(node: Node): Value | undefined {
    if (isOp(node, concat) || isOp(node, softmax)) return this.#alongAxis(node);
    if (!isUnary(node) && !isBroadcasting(node)) return undefined;
    return this.#rebuilt(node, node.attrs);
  }

  #alongAxis(node: Node<{ readonly axis: number }>): Value | undefined {
    const rank = this.#perm.length;
    const axis = this.#perm.indexOf(((node.attrs.axis % rank) + rank) % rank);
    return this.#rebuilt(node, { ...node.attrs, axis });
  }

  #rebuilt<A>(node: Node<A>, attrs: A): Value | undefined {
    const inputs: Value[] = [];
    for (const input of node.inputs) {
      const value = this.value(input);
      if (!value) return undefined;
      inputs.push(value);
    }
    return this.#graph.one(node.op, attrs, inputs, node.name);
  }
}

/** transpose(f(transpose(x), ...)) becomes f(x, ...) where that leaves fewer transposes. */
const sinkTransposes: Rewrite = {
  name: "sink-transposes",
  anchors: [transpose],
  rewrite(node, graph) {
    if (!isOp(node, transpose)) return undefined;
    const producer = graph.producer(node.inputs[0]!);
    if (!producer || isOp(producer, transpose) || graph.uses(node.inputs[0]!) !== 1) return undefined;
    const sinking = new Sinking(graph, node.attrs.perm);
    const value = sinking.value(node.inputs[0]!);
    return value && sinking.gain >= 1 ? [value] : undefined;
  },
};

/** Transposes that undo each other go, also across elementwise nodes, concat and softmax. */
export const mergeTransposesPass: Pass = rewritePass("merge-transposes", [
  mergeTransposes,
  transposeToReshape,
  sinkTransposes,
]);
