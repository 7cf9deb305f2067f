import { ConvertError, ops, type Program, type Shape, type TensorType, type Value } from "@coracle/core";
import { alignInPlace } from "./align.ts";
import { BlockWriter } from "./block-writer.ts";
import { dtypeOf } from "./data-type.ts";
import { type ExternalData, externalDataIn } from "./external.ts";
import { GraphReader } from "./graph.ts";
import { type Operators, operatorTable } from "./operators.ts";
import { decodeModel, type GraphProto, type ModelProto, toNumber, type ValueInfoProto } from "./proto.ts";
import { Scope } from "./scope.ts";
import { checkSupport, type Functions, functionKey, opsetsOf } from "./support.ts";
import { containerIn, shapeIn } from "./type.ts";

export interface OnnxOptions {
  /** The folder of external tensor data; without it such tensors are refused. */
  readonly folder?: string;
  /** Shapes of inputs, in place of those in the file. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** Operators of other domains than those known here, or in place of known ones and of the file's own functions. */
  readonly operators?: Operators;
}

function inputShape(info: ValueInfoProto, options: OnnxOptions): Shape {
  const shape = options.inputShapes?.[info.name] ?? shapeIn(info.type, info.name);
  if (shape) return shape;
  throw new ConvertError(
    `onnx: input "${info.name}" has no shape; expected one. Give it by the option inputShapes.`,
  );
}

function inputType(info: ValueInfoProto, options: OnnxOptions): TensorType {
  const what = `input "${info.name}"`;
  const { type } = info;
  const container = containerIn(type, what, 0, `${info.name}_length`);
  if (container) return container;
  if (type?.tensorType) {
    return { dtype: dtypeOf(type.tensorType.elemType, what), shape: inputShape(info, options) };
  }
  const kind = type?.mapType ? "a map" : "no tensor";
  throw new ConvertError(`onnx: ${what} is ${kind}; expected a tensor, sequence or optional.`);
}

function functionsOf(model: ModelProto): Functions {
  const functions = new Map<string, ModelProto["functions"][number]>();
  for (const proto of model.functions) {
    const key = functionKey(proto.domain, proto.name, proto.overload);
    if (functions.has(key))
      throw new ConvertError(`onnx: function "${proto.name}" is defined twice; expected once.`);
    functions.set(key, proto);
  }
  return functions;
}

function readInputs(graph: GraphProto, scope: Scope, options: OnnxOptions): void {
  for (const info of graph.input) {
    if (scope.has(info.name)) {
      if (graph.initializer.some(({ name }) => name === info.name)) continue;
      throw new ConvertError(`onnx: two inputs named "${info.name}"; expected unique names.`);
    }
    scope.set(info.name, scope.writer.input(info.name, inputType(info, options)));
  }
}

/** Outputs under the names that the file gives them: an identity where the value has another. */
function nameOutputs(graph: GraphProto, values: readonly Value[], writer: BlockWriter): readonly Value[] {
  const taken = new Set<string>();
  return values.map((value, i) => {
    const { name } = graph.output[i]!;
    if (taken.has(name)) throw new ConvertError(`onnx: two outputs named "${name}"; expected unique names.`);
    taken.add(name);
    if (value.name === name) return value;
    return writer.alias(ops.identity, value, name);
  });
}

function metaOf(model: ModelProto, opset: number | undefined): Record<string, string> {
  const producer = [model.producerName, model.producerVersion].filter((part) => part !== "").join(" ");
  return {
    format: "onnx",
    irVersion: String(toNumber(model.irVersion)),
    ...(opset === undefined ? {} : { opset: String(opset) }),
    ...(producer === "" ? {} : { producer }),
    ...(model.graph?.name ? { name: model.graph.name } : {}),
    ...(model.docString === "" ? {} : { doc: model.docString }),
  };
}

/**
 * The bytes of an ONNX file, any operator set -> Program. Tensors are views of `bytes` where aligned.
 * Throws ConvertError for malformed files, unsupported data types, and unsupported operators (all at once).
 */
export function fromOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Program {
  return readModel(decodeModel(bytes), options);
}

/** `fromOnnx` of bytes that nobody else reads: they are changed so that large tensors can lie in them. */
export function fromOwnOnnx(bytes: Uint8Array, options: OnnxOptions): Program {
  const model = decodeModel(bytes);
  if (model.graph) alignInPlace(model.graph);
  return readModel(model, options);
}

function readModel(model: ModelProto, options: OnnxOptions): Program {
  const { graph } = model;
  if (!graph)
    throw new ConvertError(
      "onnx: the model holds no graph; expected one. Export or download the file again.",
    );
  const opsets = opsetsOf(model.opsetImport, new Map([["", 1]]));
  const functions = functionsOf(model);
  const operators = operatorTable(options.operators ?? {});
  checkSupport(graph, functions, opsets, operators);
  const external: ExternalData = externalDataIn(options.folder);
  const writer = new BlockWriter();
  const scope = new Scope(writer);
  const reader = new GraphReader({ functions, operators, external, opsets, converted: { count: 0 } });
  reader.initializers(graph, scope);
  readInputs(graph, scope, options);
  const values = reader.body(graph, scope);
  if (values.length === 0) throw new ConvertError("onnx: the graph has 0 outputs; expected at least 1.");
  const outputs = nameOutputs(graph, values, writer);
  return { ...writer.block(outputs), meta: metaOf(model, opsets.get("")), states: [] };
}
