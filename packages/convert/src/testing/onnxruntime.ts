import { type DType, evaluateBlock, Predictor, Tensor } from "@coracle/core";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect } from "vitest";
import { dataTypeOf } from "../onnx/data-type.ts";
import { encodeModel } from "../onnx/proto.ts";
import { fromOnnx } from "../onnx/reader.ts";
import { decoded } from "../onnx-cases/compare.ts";
import {
  type Attribute,
  attributeMessages,
  type Message,
  tensorMessage,
  valueInfo,
} from "../onnx-writer/messages.ts";
import { testBackends } from "./backends.ts";
import { randomFrom } from "./random.ts";

const names: Partial<Record<DType, string>> = {
  f32: "float32",
  f64: "float64",
  f16: "float16",
  i64: "int64",
  i32: "int32",
  u32: "uint32",
  i16: "int16",
  u16: "uint16",
  i8: "int8",
  u8: "uint8",
  bool: "bool",
};

/** One node of one operator, checked against onnxruntime. */
export interface NodeCheck {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  /** Undefined where an optional input is left out. Constants are part of the model. */
  readonly inputs: readonly (Tensor | undefined)[];
  /** Which inputs are constants of the model. */
  readonly constants?: readonly number[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** How many outputs there are, or which of them are wanted. */
  readonly outputs?: number | readonly boolean[];
  /** How many of the outputs are compared, where the rest is partly unspecified. */
  readonly compared?: number;
  /** Part of an expected value that it may be off by, beside 1e-5. */
  readonly tolerance?: number;
  /** Greatest difference of integers. */
  readonly steps?: number;
}

interface Model {
  readonly bytes: Uint8Array;
  readonly outputs: readonly string[];
}

/** Outputs of these dtypes; without them nothing is said of their types. */
function modelOf(check: NodeCheck, dtypes: readonly DType[] = []): Model {
  const {
    op,
    domain = "com.microsoft",
    opset = 21,
    inputs,
    constants = [],
    attributes = {},
    outputs = 1,
  } = check;
  const wanted = typeof outputs === "number" ? new Array<boolean>(outputs).fill(true) : outputs;
  const output = wanted.map((isWanted, i) => (isWanted ? `y${i}` : ""));
  const named = inputs.map((tensor, i) => (tensor ? `x${i}` : ""));
  while (named.at(-1) === "") named.pop();
  const message: Message = {
    opType: op,
    domain,
    name: "node",
    input: named,
    output,
    attribute: attributeMessages(attributes),
  };
  const given = inputs.flatMap((tensor, i) =>
    tensor ? [{ tensor, name: `x${i}`, isConstant: constants.includes(i) }] : [],
  );
  return {
    bytes: encodeModel({
      irVersion: 10,
      producerName: "test",
      opsetImport: [
        { domain: "", version: opset },
        { domain: "com.microsoft", version: 1 },
        { domain: "ai.onnx.ml", version: 3 },
      ],
      graph: {
        name: "graph",
        node: [message],
        input: given
          .filter(({ isConstant }) => !isConstant)
          .map(({ tensor, name }) => valueInfo(name, tensor.type)),
        initializer: given
          .filter(({ isConstant }) => isConstant)
          .map(({ tensor, name }) => tensorMessage(tensor, name)),
        output: output
          .filter((name) => name !== "")
          .map((name, i) =>
            dtypes[i] ? { name, type: { tensorType: { elemType: dataTypeOf(dtypes[i]) } } } : { name },
          ),
      },
    }),
    outputs: output.filter((name) => name !== ""),
  };
}

function fed(check: NodeCheck): readonly (readonly [string, Tensor])[] {
  return check.inputs.flatMap((tensor, i) =>
    tensor && !check.constants?.includes(i) ? [[`x${i}`, tensor] as const] : [],
  );
}

async function runOrt(bytes: Uint8Array, check: NodeCheck): Promise<Record<string, OrtTensor>> {
  const session = await InferenceSession.create(bytes, {
    logSeverityLevel: 4,
    graphOptimizationLevel: "disabled",
  });
  const feeds = Object.fromEntries(
    fed(check).map(([name, { dtype, data, shape }]) => [
      name,
      new OrtTensor(names[dtype] as "float32", data as Float32Array, [...shape]),
    ]),
  );
  const results = await session.run(feeds);
  await session.release();
  return results as Record<string, OrtTensor>;
}

function compare(actual: Tensor, expected: OrtTensor, { tolerance = 1e-5, steps = 0 }: NodeCheck): void {
  expect(names[actual.dtype]).toBe(expected.type);
  expect(actual.shape).toEqual(expected.dims.map(Number));
  const theirs = decoded(Tensor.from(actual.dtype, actual.shape, expected.data as Float32Array));
  const ours = decoded(actual);
  const isFloat = /^(bf|f)/.test(actual.dtype);
  for (let i = 0; i < theirs.length; i++) {
    const [a, b] = [Number(ours[i]), Number(theirs[i])];
    if (Object.is(a, b) || a === b) continue;
    const most = isFloat ? tolerance * (1 + Math.abs(b)) : steps;
    expect(Math.abs(a - b), `element ${i}: ${a}; onnxruntime ${b}`).toBeLessThanOrEqual(most);
  }
}

/** The node read here, run by reference and with native kernels, gives what onnxruntime gives. */
export async function expectAsOrt(check: NodeCheck): Promise<void> {
  const program = fromOnnx(modelOf(check).bytes);
  const { bytes, outputs } = modelOf(
    check,
    program.outputs.map(({ type }) => type.dtype),
  );
  const theirs = await runOrt(bytes, check);
  const ours = evaluateBlock(
    program,
    fed(check).map(([, tensor]) => tensor),
  );
  const compared = outputs.slice(0, check.compared);
  compared.forEach((name, i) => {
    compare(ours[i]!, theirs[name]!, check);
  });
  using predictor = await Predictor.create(program, { backends: await testBackends() });
  const fetched = await predictor.run(Object.fromEntries(fed(check)));
  const { tolerance = 1e-5, steps = 0 } = check;
  const isExact = program.outputs.every(({ type }) => type.dtype.startsWith("f")) || steps === 0;
  for (const name of compared) {
    compare(fetched[name]!, theirs[name]!, {
      ...check,
      tolerance: 4 * tolerance,
      steps: isExact ? steps : steps + 1,
    });
  }
}

/** Seeded tensors of a test. */
export class RandomTensors {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomFrom(seed);
  }

  f32(shape: readonly number[], low = -1, high = 1): Tensor {
    const data = Float32Array.from({ length: product(shape) }, () => low + this.#next() * (high - low));
    return Tensor.from("f32", shape, data);
  }

  /** In [low, high]. */
  ints(dtype: DType, shape: readonly number[], low: number, high: number): Tensor {
    return Tensor.from(
      dtype,
      shape,
      Array.from({ length: product(shape) }, () => low + Math.floor(this.#next() * (high - low + 1))),
    );
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
