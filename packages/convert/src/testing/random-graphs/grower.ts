import {
  CoracleError,
  constantValue,
  inferNode,
  isFloat,
  type Op,
  type Program,
  ProgramBuilder,
  Tensor,
  type Value,
} from "@coracle/core";

/** A value of a growing program with what it is for one feed, and for the feed's rounding errors exaggerated. */
export interface Grown {
  readonly value: Value;
  readonly tensor: Tensor;
  /** `tensor` as two engines that round otherwise might have it. */
  readonly nudged: readonly [Tensor, Tensor];
  /** Computed without rounding from the feeds. */
  readonly isExact: boolean;
}

const largestMagnitude = 1e4;
const mostElements = 1 << 15;
/** Ten times what engines differ by in one node. */
const nudge = 1e-5;
/** A value that moves by more is no measure of an engine. */
const largestMove = 1e-3;

const isF32 = ({ dtype }: Tensor): boolean => dtype === "f32";

export function magnitude({ data }: Tensor): number {
  let largest = 0;
  for (const value of data) largest = Math.max(largest, Math.abs(Number(value)));
  return largest;
}

function isSound(tensor: Tensor): boolean {
  if (tensor.data.length === 0 || tensor.data.length > mostElements) return false;
  if (!isFloat(tensor.dtype)) return true;
  for (const value of tensor.data) if (!(Math.abs(Number(value)) <= largestMagnitude)) return false;
  return true;
}

/** The largest distance of two tensors of one shape. */
export function distance(a: Tensor, b: Tensor): number {
  let largest = 0;
  for (let i = 0; i < a.data.length; i++)
    largest = Math.max(largest, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  return largest;
}

function isSteady({ tensor, nudged }: Pick<Grown, "tensor" | "nudged">): boolean {
  const allowed = isFloat(tensor.dtype) ? largestMove * Math.max(magnitude(tensor), 0.01) : 0;
  return nudged.every(
    (other) => other.data.length === tensor.data.length && distance(tensor, other) <= allowed,
  );
}

function isTyped<A>(op: Op<A>, attrs: A, tensors: readonly Tensor[]): boolean {
  try {
    inferNode({ name: "trial", op, attrs, inputs: tensors.map((tensor) => constantValue("trial", tensor)) });
    return true;
  } catch (error) {
    if (CoracleError.isInstance(error)) return false;
    throw error;
  }
}

/** What an engine's result may differ by, from how far the value moves when every node's rounding is exaggerated. */
export function allowedError({ tensor, nudged, isExact }: Grown): number {
  if (isExact || !isFloat(tensor.dtype)) return 0;
  const moved = Math.max(...nudged.map((other) => distance(tensor, other)));
  return nudge * magnitude(tensor) + 2 * moved;
}

/**
 * Grows a program node by node, computing it on the way, so that nodes whose result is not a sound measure (infinite,
 * too large, or decided by rounding errors) are left out.
 */
export class Grower {
  readonly grown: Grown[] = [];
  readonly feeds: Map<string, Tensor> = new Map();
  readonly #builder = new ProgramBuilder();
  readonly #random: () => number;
  readonly #consumed = new Set<Value>();
  numNodes: number = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  integer(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  choose<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  number(from: number, to: number): number {
    return Math.fround(from + this.#random() * (to - from));
  }

  floats(shape: readonly number[], from = -1.5, to = 1.5): Tensor {
    const count = shape.reduce((a, b) => a * b, 1);
    return Tensor.from(
      "f32",
      shape,
      Float32Array.from({ length: count }, () => this.number(from, to)),
    );
  }

  input(name: string, tensor: Tensor, symbol?: string): Grown {
    const shape = tensor.shape.map((dim, i) => (i === 0 && symbol ? symbol : dim));
    this.feeds.set(name, tensor);
    return this.#keep(this.#builder.input(name, tensor.dtype, shape), tensor, [tensor, tensor], true);
  }

  /** A value whose tensor fits, the newest more often than the oldest; undefined when there is none. */
  pick(fits: (tensor: Tensor) => boolean = isF32): Grown | undefined {
    const fitting = this.grown.filter(({ tensor }) => fits(tensor));
    if (fitting.length === 0) return undefined;
    return fitting[Math.floor(Math.sqrt(this.#random()) * fitting.length)];
  }

  /** Adds a node on values and constants. Nothing happens when its results are no sound measure. */
  add<A>(op: Op<A>, attrs: A, inputs: readonly (Grown | Tensor)[]): readonly Grown[] | undefined {
    const given = (which: (grown: Grown) => Tensor): readonly Tensor[] =>
      inputs.map((input) => (input instanceof Tensor ? input : which(input)));
    if (
      !isTyped(
        op,
        attrs,
        given(({ tensor }) => tensor),
      )
    )
      return undefined;
    const at = (which: (grown: Grown) => Tensor): readonly Tensor[] => op.reference(given(which), attrs);
    const isExact =
      op.accuracy === "exact" && inputs.every((input) => input instanceof Tensor || input.isExact);
    const tensors = at(({ tensor }) => tensor);
    const nudged = ([1, -1] as const).map((sign) => {
      const results = at(({ nudged: pair }) => pair[sign === 1 ? 0 : 1]);
      return isExact ? results : results.map((result) => this.#nudge(result, sign));
    });
    const made = tensors.map((tensor, i) => ({
      tensor,
      nudged: [nudged[0]![i]!, nudged[1]![i]!] as const,
    }));
    if (!made.every((one) => isSound(one.tensor) && isSteady(one))) return undefined;
    const values = this.#node(op, attrs, inputs);
    return values?.map((value, i) => this.#keep(value, made[i]!.tensor, made[i]!.nudged, isExact));
  }

  /** The program whose outputs are all values that no node consumes, in order; and these. */
  build(): { readonly program: Program; readonly outputs: readonly Grown[] } {
    const outputs = this.grown.filter(
      ({ value }) => !this.#consumed.has(value) && !this.feeds.has(value.name),
    );
    return { program: this.#builder.build(outputs.map(({ value }) => value)), outputs };
  }

  #node<A>(op: Op<A>, attrs: A, inputs: readonly (Grown | Tensor)[]): readonly Value[] | undefined {
    const values = inputs.map((input) =>
      input instanceof Tensor ? this.#builder.constant(input) : input.value,
    );
    try {
      const made = this.#builder.node(op, attrs, values);
      for (const value of values) this.#consumed.add(value);
      this.numNodes++;
      return made;
    } catch (error) {
      if (CoracleError.isInstance(error)) return undefined;
      throw error;
    }
  }

  #keep(value: Value, tensor: Tensor, nudged: readonly [Tensor, Tensor], isExact: boolean): Grown {
    const grown = { value, tensor, nudged, isExact };
    this.grown.push(grown);
    return grown;
  }

  #nudge(tensor: Tensor, sign: number): Tensor {
    if (!isF32(tensor)) return tensor;
    const step = sign * nudge * magnitude(tensor);
    const data = (tensor.data as Float32Array).map((value) => value + step * (this.#random() < 0.5 ? 1 : -1));
    return Tensor.from("f32", tensor.shape, data);
  }
}
