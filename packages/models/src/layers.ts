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
import { Weights } from "./weights.ts";

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
  | "sigmoid"
  | "tanh";

type Pair = number | readonly [number, number];

export interface ConvOptions {
  readonly kernel?: Pair;
  readonly stride?: Pair;
  readonly dilation?: number;
  readonly groups?: number;
  /** [top, left, bottom, right], or one number for all. Default keeps the size at stride 1. */
  readonly pads?: number | readonly number[];
  readonly activation?: ActivationName;
  /** "batchNorm", or "bias" or nothing in its place. Default "batchNorm". */
  readonly after?: "batchNorm" | "bias" | "nothing";
  /** Factor of the weights' deviation. Default 1. */
  readonly gain?: number;
  /** Initial bias, or scale of the batch norm: of every channel, or of each. Default 0, or 1. */
  readonly initial?: number | readonly number[];
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
  readonly #settings: LayersSettings;
  readonly #weights: Weights;

  constructor(options: ModelOptions, settings: LayersSettings = {}, weights: Weights = new Weights(options)) {
    this.#settings = settings;
    this.#weights = weights;
  }

  input(name: string, shape: Shape, dtype: DType = "f32"): Value {
    return this.builder.input(name, dtype, shape);
  }

  build(outputs: readonly Value[]): Program {
    return this.builder.build(outputs);
  }

  /** Layers of a block inside this program, whose names and numbers go on from here. */
  nested(): Layers {
    return new Layers({}, this.#settings, this.#weights);
  }

  /** What `make` gives of each x, by the same weights each time. */
  repeat<T, R>(xs: readonly T[], make: (x: T) => R): readonly R[] {
    return this.#weights.repeat(xs, make);
  }

  /** "conv2d_0", then "conv2d_1", and so on. */
  next(kind: string): string {
    return this.#weights.next(kind);
  }

  /** Uniform numbers of this standard deviation. */
  weights(name: string, shape: readonly number[], deviation: number): Value {
    return this.#weight(name, shape, () => this.#weights.uniform(shape, deviation));
  }

  /** A vector of `initial`, or near it when the statistics are random. */
  vector(name: string, length: number, initial: number | readonly number[]): Value {
    return this.#weight(name, [length], () => this.#weights.near(length, initial));
  }

  #weight(name: string, shape: readonly number[], data: () => Float32Array): Value {
    return this.#weights.value(() => this.builder.constant(Tensor.from("f32", shape, data()), name));
  }

  ints(values: readonly number[]): Value {
    return this.builder.constant(Tensor.ints(values), "sizes");
  }

  integer(value: number): Value {
    return this.builder.constant(Tensor.scalar("i64", value), "index");
  }

  scalar(value: number): Value {
    return this.builder.constant(Tensor.scalar("f32", value), "scalar");
  }

  floats(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.builder.constant(Tensor.from("f32", shape, values), "floats");
  }

  one<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): Value {
    return this.builder.one(op, attrs, inputs);
  }

  /**
   * x [N,C,H,W] -> [N,channels,H/stride,W/stride]: convolution, batch norm or bias, activation. Weights are drawn as
   * He et al. 2015 say, eq. 10 before an activation and eq. 7 with slope 1 where none follows.
   */
  conv(x: Value, channels: number, options: ConvOptions = {}): Value {
    const { groups = 1, dilation = 1, activation, after = "batchNorm", initial } = options;
    const kernel = pair(options.kernel ?? 1);
    const perGroup = Number(x.type.shape[1]) / groups;
    const slope = activation === undefined || /igmoid|tanh/.test(activation) ? 1 : 2;
    const name = this.next("conv2d");
    const shape = [channels, perGroup, ...kernel];
    const deviation = Math.sqrt(slope / product(shape.slice(1))) * (options.gain ?? 1);
    const weight = this.weights(`${name}.w_0`, shape, deviation);
    const same = kernel.map((size) => ((size - 1) * dilation) >> 1);
    const attrs = {
      strides: pair(options.stride ?? 1),
      pads: fourPads(options.pads ?? [...same, ...same]),
      dilations: [dilation, dilation],
      groups,
      autoPad: "none",
    } as const;
    const bias = after === "bias" ? [this.vector(`${name}.b_0`, channels, initial ?? 0)] : [];
    const y = this.builder.one(ops.conv, attrs, [x, weight, ...bias], { name });
    const normed = after === "batchNorm" ? this.batchNorm(y, initial) : y;
    return activation ? this.activate(normed, activation) : normed;
  }

  /** A convolution of every channel alone. */
  depthwise(x: Value, options: Omit<ConvOptions, "groups">): Value {
    const channels = Number(x.type.shape[1]);
    return this.conv(x, channels, { ...options, groups: channels });
  }

  /** x [N,C,H,W] -> [N,channels,H*2,W*2] by a transposed convolution with bias, 2x2 or 3x3. */
  upConv(x: Value, channels: number, kernel: 2 | 3 = 2): Value {
    const name = this.next("conv2d_transpose");
    const inChannels = Number(x.type.shape[1]);
    const deviation = Math.sqrt(4 / kernel ** 2 / inChannels);
    const weight = this.weights(`${name}.w_0`, [inChannels, channels, kernel, kernel], deviation);
    const extra = kernel - 2;
    const attrs = {
      strides: [2, 2],
      pads: [extra, extra, extra, extra],
      dilations: [1, 1],
      groups: 1,
      autoPad: "none",
      outputPadding: [extra, extra],
    } as const;
    const bias = this.vector(`${name}.b_0`, channels, 0);
    return this.builder.one(ops.convTranspose, attrs, [x, weight, bias], { name });
  }

  batchNorm(x: Value, scale: number | readonly number[] = 1): Value {
    const name = this.next("batch_norm");
    const channels = Number(x.type.shape[1]);
    const vectors = [
      this.vector(`${name}.w_0`, channels, scale),
      this.vector(`${name}.b_0`, channels, 0),
      this.vector(`${name}.w_1`, channels, 0),
      this.vector(`${name}.w_2`, channels, 1),
    ];
    const { epsilon = 1e-5 } = this.#settings;
    return this.builder.one(ops.batchNorm, { epsilon }, [x, ...vectors], { name });
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
      case "tanh":
        return this.one(ops.tanh, {}, [x]);
      default:
        return this.one(ops.sigmoid, {}, [x]);
    }
  }

  add(a: Value, b: Value): Value {
    return this.one(ops.add, {}, [a, b]);
  }

  sub(a: Value, b: Value): Value {
    return this.one(ops.sub, {}, [a, b]);
  }

  mul(a: Value, b: Value): Value {
    return this.one(ops.mul, {}, [a, b]);
  }

  unsqueeze(x: Value, axis: number): Value {
    return this.one(ops.unsqueeze, {}, [x, this.ints([axis])]);
  }

  /** Parts of these sizes along an axis. */
  split(x: Value, sizes: readonly number[], axis: number): readonly Value[] {
    return this.builder.node(ops.split, { axis, numOutputs: sizes.length }, [x, this.ints(sizes)]);
  }

  /** Elements start..end-1 along an axis. */
  slice(x: Value, start: number, end: number, axis: number): Value {
    return this.one(ops.slice, {}, [x, ...[start, end, axis, 1].map((value) => this.ints([value]))]);
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
  linear(x: Value, width: number, deviation?: number, initial: number | readonly number[] = 0): Value {
    const name = this.next("linear");
    const inputs = Number(x.type.shape.at(-1));
    const weight = this.weights(`${name}.w_0`, [inputs, width], deviation ?? Math.sqrt(1 / inputs));
    const bias = this.vector(`${name}.b_0`, width, initial);
    return this.builder.one(ops.matMul, {}, [x, weight, bias], { name });
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

  /** i64 sizes out of numbers and of dimensions of values. */
  sizes(parts: readonly (number | readonly [Value, number])[]): Value {
    const known = parts.map((part) => (typeof part === "number" ? part : part[0].type.shape[part[1]]!));
    if (known.every((size) => typeof size === "number")) return this.ints(known);
    const pieces = parts.map((part) =>
      typeof part === "number" ? this.ints([part]) : this.dims(part[0], part[1], part[1] + 1),
    );
    return this.concat(pieces, 0);
  }

  /** One number in every element. */
  full(dtype: "f32" | "i64" | "bool", value: number, sizes: Value): Value {
    const element = this.builder.constant(Tensor.scalar(dtype, value), "element");
    return this.one(ops.expand, {}, [element, sizes]);
  }

  /** x [N,C,...] resampled to the height and width of `like`. */
  resizeTo(x: Value, like: Value): Value {
    return this.resize(x, this.dims(like, 2, 4));
  }

  /** x [N,C,...] resampled to a height and width. */
  resize(x: Value, sizes: Value): Value {
    return this.one(ops.resize, { ...resizing, by: "sizes", mode: "linear" }, [x, sizes]);
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
