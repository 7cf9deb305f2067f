import { type Op, ops, type Program, ProgramBuilder, type Tensor, type Value } from "@coracle/core";
import type { OpCase } from "./case.ts";

export interface OneNode {
  readonly program: Program;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

const nodeName = "case";

/**
 * A program of the case's node alone. `inArena`: each fed input first passes through a node that changes nothing, so
 * that it lies in working memory, where a kernel may overwrite it.
 */
export function oneNode(testCase: OpCase, tensors: readonly Tensor[], inArena: boolean): OneNode {
  const builder = new ProgramBuilder();
  const feeds: Record<string, Tensor> = {};
  const feed = (name: string, tensor: Tensor): Value => {
    feeds[name] = tensor;
    return builder.input(name, tensor.dtype, tensor.shape);
  };
  const inputs = tensors.map((tensor, i) => {
    if (testCase.inputs[i]!.isConstant) return builder.constant(tensor, `c${i}`);
    const input = feed(`x${i}`, tensor);
    if (!inArena) return input;
    return builder.one(sameOp(testCase.op, tensor), {}, [input, feed(`x${i}.again`, tensor)]);
  });
  const outputs = builder.node(testCase.op, testCase.attrs, inputs, { name: nodeName });
  return { program: builder.build(outputs), feeds };
}

/** An op that gives x for (x, x), another than the case's. */
function sameOp(op: Op, { dtype }: Tensor): Op {
  const [first, second] = dtype === "bool" ? [ops.or, ops.and] : [ops.max, ops.min];
  return (op.name === first.name ? second : first) as Op;
}

/** The case's node in a program made by `oneNode`. */
export function caseNode({ nodes }: Program): Program["nodes"][number] {
  return nodes.find(({ name }) => name === nodeName)!;
}
