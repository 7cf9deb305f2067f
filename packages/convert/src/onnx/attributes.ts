import { ConvertError, type Tensor } from "@coracle/core";
import type { ExternalData } from "./external.ts";
import { type AttributeProto, type GraphProto, type TypeProto, toNumber } from "./proto.ts";
import { readSparseTensor, readTensor } from "./tensor.ts";

const kinds = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  sparse: 11,
  type: 13,
} as const;
const decoder = new TextDecoder();

/** The attributes of one node by name and type. Getters throw ConvertError when the type differs. */
export class Attributes {
  readonly #byName: ReadonlyMap<string, AttributeProto>;
  readonly #external: ExternalData;
  readonly #owner: string;

  constructor(attributes: readonly AttributeProto[], external: ExternalData, owner: string) {
    this.#byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));
    this.#external = external;
    this.#owner = owner;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  get all(): Iterable<AttributeProto> {
    return this.#byName.values();
  }

  get(name: string): AttributeProto | undefined {
    return this.#byName.get(name);
  }

  /** Files of the first format version carry no type; then the getter's word is taken. */
  #find(name: string, kind: keyof typeof kinds): AttributeProto | undefined {
    const attribute = this.#byName.get(name);
    if (attribute === undefined || attribute.type === 0 || attribute.type === kinds[kind]) return attribute;
    throw new ConvertError(
      `onnx: ${this.#owner}: attribute ${name} has type number ${attribute.type}; expected ${kinds[kind]} (${kind}).`,
    );
  }

  int(name: string, otherwise: number): number {
    const attribute = this.#find(name, "int");
    return attribute === undefined ? otherwise : toNumber(attribute.i);
  }

  float(name: string, otherwise: number): number {
    return this.#find(name, "float")?.f ?? otherwise;
  }

  string(name: string, otherwise: string): string {
    const attribute = this.#find(name, "string");
    return attribute === undefined ? otherwise : decoder.decode(attribute.s);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#find(name, "ints")?.ints.map(toNumber);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#find(name, "floats")?.floats;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#find(name, "strings")?.strings.map((bytes) => decoder.decode(bytes));
  }

  tensor(name: string): Tensor | undefined {
    const proto = this.#find(name, "tensor")?.t;
    return proto ? readTensor(proto, this.#external, `${this.#owner}: attribute ${name}`) : undefined;
  }

  sparse(name: string): Tensor | undefined {
    const proto = this.#find(name, "sparse")?.sparseTensor;
    return proto ? readSparseTensor(proto, this.#external) : undefined;
  }

  type(name: string): TypeProto | undefined {
    return this.#find(name, "type")?.tp ?? undefined;
  }

  graph(name: string): GraphProto | undefined {
    return this.#find(name, "graph")?.g ?? undefined;
  }
}
