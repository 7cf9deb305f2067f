/**
 * Turns the tables of published papers into programs: every layer adds its nodes and its seeded initial weights.
 * Knows the operators only; no pass, no backend, no machine.
 */
import {
  type DType,
  type Op,
  ops,
  type Program,
  ProgramBuilder,
  type Shape,
  Tensor,
  type Value,
} from "@coracle/core";
import { seededRandom } from "./random.ts";

export interface ModelOptions {
  /** Shape of the input; names stand for dimensions that each run may choose. */
  readonly inputShape?: Shape;
  /** Default 1. */
  readonly seed?: number;
  /**
   * Batch-norm vectors: "initial" is scale 1, bias 0, mean 0, variance 1, as training starts; "random" is near that,
   * so that no vector can be left out unnoticed. Default "initial".
   */
  readonly statistics?: "initial" | "random";
}

export interface ClassifierOptions extends ModelOptions {
  /** Default 1000. */
  readonly numClasses?: number;
}

export type ActivationName =
  | "relu"
  | "relu6"
  | "leakyRelu"
  | "hardSwish"
  | "hardSigmoid"
  | "swish"
  | "sigmoid";

type Pair = number | readonly [number, number];

export interface ConvOptions {
  readonly kernel?: Pair;
  readonly stride?: Pair;
  readonly dilation?: number;
  readonly groups?: number;
  /** [top, left, bottom, right], or one number for all. Default keeps the size at stride 1. */
  readonly pads?: number | readonly number[];
  readonly activation?: ActivationName;
  /** "batchNorm", or "bias" in its place. Default "batchNorm". */
  readonly after?: "batchNorm" | "bias";
}

export interface PoolOptions {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly pads?: number | readonly number[];
  readonly ceilMode?: boolean;
  /** Of averages: whether padding counts as zeros. Default false. */
  readonly countIncludePad?: boolean;
}

const pair = (value: Pair): readonly [number, number] => (typeof value === "number" ? [value, value] : value);
const fourPads = (pads: number | readonly number[]): readonly number[] =>
  typeof pads === "number" ? [pads, pads, pads, pads] : pads;
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Epsilon of the batch norms, and whatever else holds for a whole network. */
export interface LayersSettings {
  readonly epsilon?: number;
}

export class Layers {
  readonly builder: ProgramBuilder = new ProgramBuilder();
  readonly #random: () => number;
  readonly #isRandom: boolean;
  readonly #epsilon: number;
  readonly #counts = new Map<string, number>();

  constructor(options: ModelOptions, { epsilon = 1e-5 }: LayersSettings = {}) {
    this.#random = seededRandom(options.seed ?? 1);
    this.#isRandom = options.statistics === "random";
    this.#epsilon = epsilon;
  }

  input(name: string, shape: Shape, dtype: DType = "f32"): Value {
    return this.builder.input(name, dtype, shape);
  }

  build(outputs: readonly Value[]): Program {
    return this.builder.build(outputs);
  }

  /** "conv2d_0", then "conv2d_1", and so on. */
  next(kind: string): string {
    const count = this.#counts.get(kind) ?? 0;
    this.#counts.set(kind, count + 1);
    return `${kind}_${count}`;
  }

  /** Uniform numbers of this standard deviation. */
  weights(name: string, shape: readonly number[], deviation: number): Value {
    const data = new Float32Array(product(shape));
    const bound = Math.sqrt(3) * deviation;
    for (let i = 0; i < data.length; i++) data[i] = (this.#random() * 2 - 1) * bound;
    return this.builder.constant(Tensor.from("f32", shape, data), name);
  }

  /** A vector of `initial`, or near it when the statistics are random. */
  vector(name: string, length: number, initial: number): Value {
    const data = new Float32Array(length).fill(initial);
    if (this.#isRandom) for (let i = 0; i < length; i++) data[i] = initial + (this.#random() - 0.5) / 5;
    return this.builder.constant(Tensor.from("f32", [length], data), name);
  }

  ints(values: readonly number[]): Value {
    return this.builder.constant(Tensor.ints(values), "sizes");
  }

  one<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): Value {
    return this.builder.one(op, attrs, inputs);
  }

  /**
   * x [N,C,H,W] -> [N,channels,H/stride,W/stride]: convolution, batch norm or bias, activation. Weights are drawn as
   * He et al. 2015 say, eq. 10 before an activation and eq. 7 with slope 1 where none follows.
   */
  conv(x: Value, channels: number, options: ConvOptions = {}): Value {
    const { groups = 1, dilation = 1, activation, after = "batchNorm" } = options;
    const kernel = pair(options.kernel ?? 1);
    const perGroup = Number(x.type.shape[1]) / groups;
    const gain = activation === undefined || activation.endsWith("igmoid") ? 1 : 2;
    const name = this.next("conv2d");
    const shape = [channels, perGroup, ...kernel];
    const weight = this.weights(`${name}.w_0`, shape, Math.sqrt(gain / product(shape.slice(1))));
    const same = kernel.map((size) => ((size - 1) * dilation) >> 1);
    const attrs = {
      strides: pair(options.stride ?? 1),
      pads: fourPads(options.pads ?? [...same, ...same]),
      dilations: [dilation, dilation],
      groups,
      autoPad: "none",
    } as const;
    const bias = after === "bias" ? [this.vector(`${name}.b_0`, channels, 0)] : [];
    const y = this.builder.one(ops.conv, attrs, [x, weight, ...bias], { name });
    const normed = after === "bias" ? y : this.batchNorm(y);
    return activation ? this.activate(normed, activation) : normed;
  }

  /** A convolution of every channel alone. */
  depthwise(x: Value, options: Omit<ConvOptions, "groups">): Value {
    const channels = Number(x.type.shape[1]);
    return this.conv(x, channels, { ...options, groups: channels });
  }

  /** x [N,C,H,W] -> [N,channels,H*2,W*2] by a transposed convolution with bias. */
  upConv(x: Value, channels: number): Value {
    const name = this.next("conv2d_transpose");
    const inChannels = Number(x.type.shape[1]);
    const weight = this.weights(`${name}.w_0`, [inChannels, channels, 2, 2], Math.sqrt(1 / inChannels));
    const attrs = {
      strides: [2, 2],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      groups: 1,
      autoPad: "none",
      outputPadding: [0, 0],
    } as const;
    const bias = this.vector(`${name}.b_0`, channels, 0);
    return this.builder.one(ops.convTranspose, attrs, [x, weight, bias], { name });
  }

  batchNorm(x: Value): Value {
    const name = this.next("batch_norm");
    const channels = Number(x.type.shape[1]);
    const vectors = [
      this.vector(`${name}.w_0`, channels, 1),
      this.vector(`${name}.b_0`, channels, 0),
      this.vector(`${name}.w_1`, channels, 0),
      this.vector(`${name}.w_2`, channels, 1),
    ];
    return this.builder.one(ops.batchNorm, { epsilon: this.#epsilon }, [x, ...vectors], { name });
  }

  activate(x: Value, activation: ActivationName): Value {
    switch (activation) {
      case "relu":
        return this.one(ops.relu, {}, [x]);
      case "relu6":
        return this.one(ops.clip, { min: 0, max: 6 }, [x]);
      case "leakyRelu":
        return this.one(ops.leakyRelu, { alpha: 0.1 }, [x]);
      case "hardSwish":
        return this.one(ops.hardSwish, {}, [x]);
      case "hardSigmoid":
        return this.one(ops.hardSigmoid, { alpha: 1 / 6, beta: 0.5 }, [x]);
      case "swish":
        return this.one(ops.swish, { alpha: 1 }, [x]);
      default:
        return this.one(ops.sigmoid, {}, [x]);
    }
  }

  add(a: Value, b: Value): Value {
    return this.one(ops.add, {}, [a, b]);
  }

  concat(values: readonly Value[], axis = 1): Value {
    return this.one(ops.concat, { axis }, values);
  }

  maxPool(x: Value, options: PoolOptions): Value {
    const attrs = { ...poolAttrs(options), storageOrder: 0, withIndices: false } as const;
    return this.one(ops.maxPool, attrs, [x]);
  }

  averagePool(x: Value, options: PoolOptions): Value {
    return this.one(
      ops.averagePool,
      { ...poolAttrs(options), countIncludePad: options.countIncludePad ?? false },
      [x],
    );
  }

  globalAveragePool(x: Value): Value {
    return this.one(ops.globalAveragePool, {}, [x]);
  }

  /** x [...,K] -> [...,width], with bias. */
  linear(x: Value, width: number, deviation?: number): Value {
    const name = this.next("linear");
    const inputs = Number(x.type.shape.at(-1));
    const weight = this.weights(`${name}.w_0`, [inputs, width], deviation ?? Math.sqrt(1 / inputs));
    return this.builder.one(ops.matMul, {}, [x, weight, this.vector(`${name}.b_0`, width, 0)], { name });
  }

  /** x [N,C,H,W] -> [N,C*H*W]. */
  flatten(x: Value): Value {
    return this.one(ops.flatten, { axis: 1 }, [x]);
  }

  /** Global average pooling and a fully connected layer: x [N,C,H,W] -> logits [N,numClasses]. */
  head(x: Value, numClasses: number): Value {
    return this.linear(this.flatten(this.globalAveragePool(x)), numClasses);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.one(ops.transpose, { perm }, [x]);
  }

  /** A 0 keeps the dimension at its place and a -1 takes what is left. */
  reshape(x: Value, shape: readonly number[]): Value {
    return this.one(ops.reshape, { allowZero: false }, [x, this.ints(shape)]);
  }

  /** Dimensions start..end-1 of x as i64, a constant where they are numbers. */
  dims(x: Value, start: number, end: number): Value {
    const sizes = x.type.shape.slice(start, end);
    if (sizes.every((size) => typeof size === "number")) return this.ints(sizes);
    return this.one(ops.shapeOf, { start, end }, [x]);
  }

  /** x [N,C,...] resampled to the height and width of `like`. */
  resizeTo(x: Value, like: Value): Value {
    return this.one(ops.resize, { ...resizing, by: "sizes", mode: "linear" }, [x, this.dims(like, 2, 4)]);
  }

  /** x [N,C,H,W] -> [N,C,H*2,W*2], every element four times. */
  upsample(x: Value): Value {
    const scales = this.builder.constant(Tensor.from("f32", [4], [1, 1, 2, 2]), "scales");
    const attrs = {
      ...resizing,
      axes: [0, 1, 2, 3],
      by: "scales",
      mode: "nearest",
      coordinateMode: "asymmetric",
    } as const;
    return this.one(ops.resize, attrs, [x, scales]);
  }
}

const resizing = {
  axes: [2, 3],
  coordinateMode: "halfPixel",
  nearestMode: "floor",
  cubicCoeffA: -0.75,
  excludeOutside: false,
  antialias: false,
  extrapolationValue: 0,
  keepAspectRatio: "stretch",
} as const;

const poolAttrs = ({ kernel, stride, pads = 0, ceilMode = false }: PoolOptions) =>
  ({
    kernel: pair(kernel),
    strides: pair(stride),
    pads: fourPads(pads),
    dilations: [1, 1],
    ceilMode,
    autoPad: "none",
  }) as const;

export const anyImage: Shape = ["n", 3, "h", "w"];
