import { DataError } from "../errors.ts";
import { hasBytes, isContainer, type TypedData } from "../ir/dtype.ts";
import { formatElement, formatNested } from "../ir/element.ts";
import type { Value } from "../ir/program.ts";
import { type Dim, formatShape, numElements, type Shape } from "../ir/shape.ts";
import { type ElementType, Tensor, type TensorType } from "../ir/tensor.ts";

/** For a sequence also its tensors as an array; for an optional also what it holds, or null. */
export type Feed = Tensor | readonly Tensor[] | null;
export type Feeds = Readonly<Record<string, Feed>>;
export type Shapes = Readonly<Record<string, readonly number[]>>;

const format = ({ dtype, shape, element }: TensorType): string => formatNested(dtype, shape, element);
const list = (inputs: readonly Value[]): string =>
  inputs.map(({ name, type }) => `"${name}" ${format(type)}`).join(", ") || "none";

function checkNames(what: string, given: readonly string[], inputs: readonly Value[]): void {
  const unknown = given.filter((name) => !inputs.some((input) => input.name === name));
  const missing = inputs.filter(({ name }) => !given.includes(name));
  if (unknown.length === 0 && missing.length === 0) return;
  const parts = [
    unknown.length > 0 ? `unknown ${unknown.map((name) => `"${name}"`).join(", ")}` : "",
    missing.length > 0 ? `missing ${missing.map(({ name }) => `"${name}"`).join(", ")}` : "",
  ];
  throw new DataError(
    `${what}: ${parts.filter(Boolean).join(" and ")}; expected the inputs ${list(inputs)}.`,
  );
}

const isSymbol = (dim: Dim): dim is string => typeof dim === "string" && /^\w+$/.test(dim);

interface Bound {
  readonly size: number;
  readonly input: string;
}

/** Checks one shape and remembers what each symbol stands for. */
function checkShape({ name, type }: Value, given: readonly number[], symbols: Map<string, Bound>): void {
  const fits = given.length === type.shape.length && type.shape.every((dim, i) => isFit(dim, given[i]!));
  if (!fits) {
    throw new DataError(
      `input "${name}": shape ${formatShape(given)}; expected ${formatShape(type.shape)}. Resize or reshape the data.`,
    );
  }
  type.shape.forEach((dim, i) => {
    if (!isSymbol(dim)) return;
    const size = given[i]!;
    const bound = symbols.get(dim);
    if (bound && bound.size !== size) {
      throw new DataError(
        `input "${name}": shape ${formatShape(given)} makes "${dim}" ${size}; expected ${bound.size}, ` +
          `as in input "${bound.input}".`,
      );
    }
    symbols.set(dim, { size, input: name });
  });
}

const isFit = (dim: Dim, size: number): boolean => typeof dim === "string" || dim === size;

/** The feeds in the order of the inputs; their data is checked too (it may have been transferred since). Throws DataError that names the input, what was given and what is expected. */
export function bindFeeds(inputs: readonly Value[], feeds: Feeds): readonly Tensor[] {
  checkNames("feeds", Object.keys(feeds), inputs);
  const symbols = new Map<string, Bound>();
  return inputs.map((input) => {
    const tensor: unknown = containerFeed(input, feeds[input.name]);
    if (!isTensor(tensor)) {
      throw new DataError(
        `input "${input.name}": ${describe(tensor)}; expected a Tensor ${format(input.type)}. ` +
          "Make one with Tensor.from(dtype, shape, data).",
      );
    }
    if (tensor.dtype !== input.type.dtype) {
      throw new DataError(
        `input "${input.name}": ${format(tensor.type)}; expected dtype ${input.type.dtype}. Convert the data.`,
      );
    }
    checkShape(input, tensor.shape, symbols);
    return isContainer(tensor.dtype) ? boundContainer(input.name, input.type, tensor) : bound(tensor);
  });
}

function bound(tensor: Tensor): Tensor {
  const { dtype, shape, packed } = tensor;
  if (packed) return Tensor.fromPacked(dtype, shape, packed);
  return Tensor.from(dtype, shape, hasBytes(dtype) ? steady(tensor.data) : tensor.data);
}

/** What is fed to a container input, as the container it stands for; anything else as it is. */
function containerFeed({ name, type }: Value, feed: unknown): unknown {
  const { dtype, element } = type;
  if (!isContainer(dtype) || element === undefined) return feed;
  if (dtype === "sequence") return Array.isArray(feed) ? sequenceOf(name, feed, element) : feed;
  if (feed === null) return Tensor.containerOf("optional", [], element);
  if (Array.isArray(feed) && element.element) {
    return Tensor.containerOf("optional", [sequenceOf(name, feed, element.element)], element);
  }
  const isBare = isTensor(feed) && feed.dtype !== "optional";
  return isBare ? Tensor.containerOf("optional", [feed], element) : feed;
}

function sequenceOf(name: string, feed: readonly unknown[], element: ElementType): Tensor {
  feed.forEach((item, i) => {
    if (isTensor(item)) return;
    throw new DataError(
      `input "${name}": item ${i} is ${describe(item)}; expected a Tensor ${formatElement(element)}.`,
    );
  });
  return Tensor.containerOf("sequence", feed as readonly Tensor[], element);
}

/** Throws DataError unless each item is of the element type, whose symbols need not agree. */
function boundContainer(name: string, { element }: TensorType, tensor: Tensor): Tensor {
  const items = tensor.items.map((item, i) => {
    const { dtype, shape, element: nested } = element!;
    const fits =
      item.dtype === dtype &&
      (shape === undefined ||
        (shape.length === item.shape.length && shape.every((dim, axis) => isFit(dim, item.shape[axis]!))));
    if (!fits) {
      throw new DataError(
        `input "${name}": item ${i} is ${format(item.type)}; expected ${formatElement(element!)}.`,
      );
    }
    return nested ? boundContainer(name, { dtype, shape: item.shape, element: nested }, item) : bound(item);
  });
  return Tensor.containerOf(tensor.dtype as "sequence" | "optional", items, element!);
}

/** A copy where memory could be taken away below a run: that of a resizable buffer. */
function steady(data: TypedData): TypedData {
  const { resizable } = data.buffer as ArrayBufferLike & { readonly resizable?: boolean };
  return resizable ? data.slice() : data;
}

/** Throws DataError when the memory of a bound feed went elsewhere (a transfer) while its run waited. */
export function requireWhole(inputs: readonly Value[], feeds: readonly Tensor[]): void {
  feeds.forEach((feed, i) => {
    if (feed.packed) return;
    const { name } = inputs[i]!;
    const { data, shape } = feed;
    if (data.length === numElements(shape)) return;
    throw new DataError(
      `input "${name}": ${data.length} elements when its run starts; expected ${numElements(shape)}. ` +
        "Transfer the data only after the run has ended.",
    );
  });
}

/** The shapes in the order of the inputs; inputs whose shape is all numbers may be left out. Throws DataError. */
export function bindShapes(inputs: readonly Value[], shapes: Shapes): readonly (readonly number[])[] {
  const all: Record<string, readonly number[]> = { ...staticShapes(inputs), ...shapes };
  checkNames("shapes", Object.keys(all), inputs);
  const symbols = new Map<string, Bound>();
  return inputs.map((input) => {
    const shape = all[input.name]!;
    checkShape(input, shape, symbols);
    return shape;
  });
}

function staticShapes(inputs: readonly Value[]): Record<string, readonly number[]> {
  const isNumbers = (shape: Shape): shape is readonly number[] =>
    shape.every((dim) => typeof dim === "number");
  const known: Record<string, readonly number[]> = {};
  for (const { name, type } of inputs) if (isNumbers(type.shape)) known[name] = type.shape;
  return known;
}

/** Also a tensor of another copy of this package. */
function isTensor(value: unknown): value is Tensor {
  if (value instanceof Tensor) return true;
  return (
    typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value
  );
}

function describe(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "an object") : typeof value;
}
