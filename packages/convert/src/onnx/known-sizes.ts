import { ints, isStatic, numElements, type Op, type TensorType, type Value } from "@coracle/core";

/** Elements of a small vector of integers as far as the file tells them. */
type Sizes = readonly (number | undefined)[];

interface SizedNode {
  readonly op: Op;
  readonly attrs: unknown;
  readonly inputs: readonly Value[];
}

/** Longer vectors are no shapes. */
const longest = 16;

/**
 * Which elements of computed shapes are known, although others are not: Concat(n, 2, 3) as the shape of an Expand makes
 * [?, 2, 3]. Fills in dimensions that a type rule alone leaves open.
 */
export class KnownSizes {
  readonly #known = new Map<Value, Sizes>();

  #of(value: Value): Sizes | undefined {
    const { dtype, shape } = value.type;
    if ((dtype !== "i64" && dtype !== "i32") || shape.length > 1 || !isStatic(shape)) return undefined;
    const length = numElements(shape);
    if (length > longest) return undefined;
    if (value.data) return ints(value.data);
    return this.#known.get(value) ?? new Array<undefined>(length).fill(undefined);
  }

  #made({ op, attrs, inputs }: SizedNode): Sizes | undefined {
    const [first] = inputs;
    switch (op.name) {
      case "concat": {
        const parts = inputs.map((input) => this.#of(input));
        return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
      }
      case "shape":
        return this.#sliced(first!, attrs as { start: number; end: number });
      case "cast":
      case "identity":
      case "reshape":
      case "squeeze":
      case "unsqueeze":
        return first && this.#of(first);
      case "gather": {
        const [list, indices] = [first && this.#of(first), inputs[1]?.data];
        return list && indices ? ints(indices).map((index) => list.at(index)) : undefined;
      }
      default:
        return undefined;
    }
  }

  #sliced(
    { type: { shape } }: Value,
    { start, end }: { readonly start: number; readonly end: number },
  ): Sizes {
    const sizes = shape.map((dim) => (typeof dim === "number" ? dim : undefined));
    return sizes.slice(start, end);
  }

  /** Keeps what is known of the elements that a node makes. */
  note(node: SizedNode, outputs: readonly Value[]): void {
    const [output] = outputs;
    if (!output || outputs.length !== 1) return;
    const made = this.#made(node);
    const own = this.#of(output);
    if (made && own && made.length === own.length && made.some((size) => size !== undefined)) {
      this.#known.set(output, made);
    }
  }

  /** Another value stands for this one. */
  rename(value: Value, other: Value): void {
    const known = this.#known.get(value);
    if (known) this.#known.set(other, known);
  }

  /** The types with sizes in place of symbols where the shape input tells them. */
  filled({ op, inputs }: SizedNode, types: readonly TensorType[]): readonly TensorType[] {
    const [type] = types;
    if (!type || isStatic(type.shape)) return types;
    const sizes =
      op.name === "fill" ? inputs[0] : op.name === "expand" || op.name === "reshape" ? inputs[1] : undefined;
    const known = sizes && this.#of(sizes);
    if (!known || known.length !== type.shape.length) return types;
    const least = op.name === "expand" ? 2 : op.name === "reshape" ? 1 : 0;
    const shape = type.shape.map((dim, i) => {
      const size = known[i];
      return typeof dim === "string" && size !== undefined && size >= least ? size : dim;
    });
    return [{ ...type, shape }, ...types.slice(1)];
  }
}
