import { ConvertError, type Dim, ops, type Program, type Shape, type Value } from "@coracle/core";
import { BlockWriter } from "../onnx/block-writer.ts";
import { PaddleContext } from "./context.ts";
import type { BlockDesc, OpDesc, ProgramDesc, VarDesc } from "./desc.ts";
import { dtypeOf } from "./dtype.ts";
import { findOperator } from "./ops/index.ts";
import type { Parameters } from "./parameters.ts";

export interface PaddleOptions {
  /** Shapes of inputs, in place of those in the file. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
}

/** Ties the program to the outside. */
const borders: ReadonlySet<string> = new Set(["feed", "fetch"]);

function checkOperators({ blocks }: ProgramDesc): void {
  const used = new Set(blocks.flatMap(({ ops: list }) => list.map(({ type }) => type)));
  const unknown = [...used].filter((type) => !borders.has(type) && !findOperator(type)).sort();
  if (unknown.length === 0) return;
  const count = unknown.length === 1 ? "1 operator is" : `${unknown.length} operators are`;
  throw new ConvertError(`paddle: ${count} not supported: ${unknown.join(", ")}.`);
}

const column = ({ attributes }: OpDesc): number => Number(attributes.get("col") ?? 0);

function borderOps({ ops: list }: BlockDesc, type: string): readonly OpDesc[] {
  return list.filter((op) => op.type === type).sort((a, b) => column(a) - column(b));
}

/** Open dimensions are symbols of their own; the oldest Lite files keep no shapes. */
function shapeOf({ name, tensor }: VarDesc, options: PaddleOptions): Shape {
  const given = options.inputShapes?.[name];
  if (given) return given;
  const dims = tensor?.dims ?? [];
  if (dims.length === 0) {
    throw new ConvertError(
      `paddle: input "${name}" has no shape; expected one. Give it by the option inputShapes.`,
    );
  }
  return dims.map((dim, i): Dim => (dim >= 0 ? dim : `${name}_${i}`));
}

class BlockReader {
  readonly writer = new BlockWriter();
  readonly #values = new Map<string, Value>();

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  inputs(block: BlockDesc, options: PaddleOptions): void {
    for (const op of borderOps(block, "feed")) {
      const name = op.outputs.get("Out")?.[0] ?? "";
      const desc = block.vars.get(name);
      if (!desc?.tensor) throw new ConvertError(`paddle: input "${name}" is no tensor; expected one.`);
      const shape = shapeOf(desc, options);
      const dtype = desc.tensor.dims.length === 0 ? "f32" : dtypeOf(desc.tensor.dtype, `input "${name}"`);
      this.set(name, this.writer.input(name, { dtype, shape }));
    }
  }

  parameters(parameters: Parameters): void {
    for (const [name, tensor] of parameters) this.set(name, this.writer.constant(tensor, name));
  }

  nodes(block: BlockDesc): void {
    for (const op of block.ops) if (!borders.has(op.type)) this.#convert(op);
  }

  outputs(block: BlockDesc): readonly Value[] {
    return borderOps(block, "fetch").map((op) => {
      const name = op.inputs.get("X")?.[0] ?? "";
      const value = this.get(name);
      if (!value)
        throw new ConvertError(`paddle: output "${name}" is made by nothing; expected an operator.`);
      return value.name === name ? value : this.writer.alias(ops.identity, value, name);
    });
  }

  /** An operator may write a variable again; later ones read the latest. */
  #convert(op: OpDesc): void {
    const convert = findOperator(op.type)!;
    const name = [...op.outputs.values()].flat()[0] ?? op.type;
    const start = this.writer.nodes.length;
    const results = convert(new PaddleContext(op, name, this.writer, (input) => this.get(input)));
    for (const [slot, made] of Object.entries(results)) {
      const names = op.outputs.get(slot) ?? [];
      const values = Array.isArray(made) ? (made as readonly Value[]) : [made as Value];
      const named = this.writer.rename(values.slice(0, names.length), names, start);
      names.forEach((output, i) => {
        if (output !== "" && named[i]) this.set(output, named[i]);
      });
    }
  }
}

/** A program and its parameters -> Program. Throws ConvertError; for unsupported operators it lists all of them. */
export function readProgram(desc: ProgramDesc, parameters: Parameters, options: PaddleOptions = {}): Program {
  const [block] = desc.blocks;
  if (!block) throw new ConvertError("paddle: the program has 0 blocks; expected at least 1.");
  checkOperators(desc);
  const reader = new BlockReader();
  reader.parameters(parameters);
  reader.inputs(block, options);
  reader.nodes(block);
  const outputs = reader.outputs(block);
  if (outputs.length === 0)
    throw new ConvertError("paddle: the program fetches 0 outputs; expected at least 1.");
  const meta = { format: desc.format, version: String(desc.version) };
  return { ...reader.writer.block(outputs), meta, states: [] };
}
