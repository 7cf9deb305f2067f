import { CoracleError, ShapeError } from "../errors.ts";
import type { Op } from "./op.ts";
import type { Value } from "./program.ts";
import type { TensorType } from "./tensor.ts";

export interface UntypedNode<A = unknown> {
  readonly name: string;
  readonly op: Op<A>;
  readonly attrs: A;
  readonly inputs: readonly Value[];
}

/**
 * The output types of a node by its op's rule. A symbol that the rule made up starts with "?" ("?n"); it gets the
 * node's name ("nms.n"), so that no two nodes share it. Throws ShapeError that starts with the op and the node's name. */
export function inferNode<A>(node: UntypedNode<A>): readonly TensorType[] {
  try {
    const types = node.op.infer(
      node.inputs.map((input) => input.type),
      node.attrs,
      node.inputs.map((input) => input.data),
    );
    return types.map((type) => withOwnSymbols(type, node.name));
  } catch (error) {
    if (!CoracleError.isInstance(error)) throw error;
    throw new ShapeError(`${node.op.name} "${node.name}": ${error.message}`, { cause: error });
  }
}

function withOwnSymbols(type: TensorType, owner: string): TensorType {
  if (!type.shape.some((dim) => typeof dim === "string" && dim.includes("?"))) return type;
  const shape = type.shape.map((dim) =>
    typeof dim === "string" ? dim.replaceAll("?", () => `${owner}.`) : dim,
  );
  return { ...type, shape };
}
