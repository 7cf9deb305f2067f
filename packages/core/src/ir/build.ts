import { ProgramError } from "../errors.ts";
import type { DType } from "./dtype.ts";
import { inferNode } from "./infer.ts";
import { Names } from "./names.ts";
import type { Op } from "./op.ts";
import { constantValue, makeValue, type Node, type Program, type Value } from "./program.ts";
import type { Shape } from "./shape.ts";
import type { ElementType, Tensor } from "./tensor.ts";

export interface NodeNames {
  readonly name?: string;
  readonly outputs?: readonly string[];
}

/** How converters, models and tests make programs: every node is typed as it is added. */
export class ProgramBuilder {
  readonly #inputs: Value[] = [];
  readonly #nodes: Node[] = [];
  readonly #valueNames = new Names();
  readonly #nodeNames = new Names();

  /** `element`: what a sequence (shape [length]) or optional holds. */
  input(name: string, dtype: DType, shape: Shape, element?: ElementType): Value {
    const type = element === undefined ? { dtype, shape } : { dtype, shape, element };
    const value = makeValue(this.#valueNames.claim(name), type);
    this.#inputs.push(value);
    return value;
  }

  constant(data: Tensor, name = "constant"): Value {
    return constantValue(this.#valueNames.claim(name), data);
  }

  /** Adds a node and returns its outputs. Throws ShapeError with the node's name when the type rule rejects it. */
  node<A>(op: Op<A>, attrs: A, inputs: readonly Value[], names: NodeNames = {}): readonly Value[] {
    const name = this.#nodeNames.claim(names.name ?? op.name);
    const types = inferNode({ name, op, attrs, inputs });
    const outputs = types.map((type, i) => {
      const wanted = names.outputs?.[i] || (types.length === 1 ? `${name}.out` : `${name}.out${i}`);
      return makeValue(this.#valueNames.claim(wanted), type);
    });
    this.#nodes.push({ name, op: op as Op, attrs, inputs, outputs });
    return outputs;
  }

  /** `node` for the many ops with one output. */
  one<A>(op: Op<A>, attrs: A, inputs: readonly Value[], names: NodeNames = {}): Value {
    return this.node(op, attrs, inputs, names)[0]!;
  }

  build(outputs: readonly Value[], meta: Readonly<Record<string, string>> = {}): Program {
    if (outputs.length === 0) throw new ProgramError("program: 0 outputs; expected at least one.");
    return { inputs: [...this.#inputs], outputs: [...outputs], nodes: [...this.#nodes], meta, states: [] };
  }
}
