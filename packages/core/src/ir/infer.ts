import { CoracleError, ShapeError } from "../errors.ts";
import { hasBytes, isContainer } from "./dtype.ts";
import { formatNested } from "./element.ts";
import type { Op } from "./op.ts";
import type { Value } from "./program.ts";
import type { Dim, Shape } from "./shape.ts";
import type { ElementType, TensorType } from "./tensor.ts";

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
    checkKinds(node);
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

/** Throws ShapeError for a string or container that the op does not take, or one that is half a type. */
function checkKinds<A>({ op, inputs }: UntypedNode<A>): void {
  inputs.forEach(({ type }, i) => {
    if (isContainer(type.dtype) && (type.element === undefined || type.shape.length !== 1)) {
      throw new ShapeError(`input ${i} is a ${type.dtype} without element type or length; expected both.`);
    }
    if (op.takes === "anything") return;
    if (hasBytes(type.dtype) || (op.takes === "strings" && type.dtype === "string")) return;
    const expected = op.takes === "strings" ? "a tensor" : "a tensor of numbers";
    throw new ShapeError(
      `input ${i} is ${formatNested(type.dtype, type.shape, type.element)}; expected ${expected}.`,
    );
  });
}

const isMadeUp = (dim: Dim): boolean => typeof dim === "string" && dim.includes("?");

function ownShape(shape: Shape, owner: string): Shape {
  if (!shape.some(isMadeUp)) return shape;
  return shape.map((dim) => (typeof dim === "string" ? dim.replaceAll("?", () => `${owner}.`) : dim));
}

function ownElement(element: ElementType, owner: string): ElementType {
  return {
    ...element,
    ...(element.shape && { shape: ownShape(element.shape, owner) }),
    ...(element.element && { element: ownElement(element.element, owner) }),
  };
}

function withOwnSymbols(type: TensorType, owner: string): TensorType {
  if (type.element) {
    return { ...type, shape: ownShape(type.shape, owner), element: ownElement(type.element, owner) };
  }
  const shape = ownShape(type.shape, owner);
  return shape === type.shape ? type : { ...type, shape };
}
