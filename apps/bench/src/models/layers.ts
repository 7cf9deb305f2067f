import { type Op, ops, ProgramBuilder, Tensor, type Value } from "@coracle/core";

/** Deterministic uniform numbers in [0, 1): Mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
  readonly activation?: "relu" | "relu6";
}

/** Adds the layers of a convolutional network with seeded weights; every convolution is followed by a batch norm. */
export class LayerBuilder {
  readonly builder: ProgramBuilder = new ProgramBuilder();
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** He et al. 2015: uniform of variance 2 / fan-in. */
  weights(shape: readonly number[], fanIn: number): Value {
    const bound = Math.sqrt(6 / fanIn);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = (this.#random() * 2 - 1) * bound;
    return this.builder.constant(Tensor.from("f32", shape, data), "weight");
  }

  #vector(length: number, low: number, high: number): Value {
    const data = Float32Array.from({ length }, () => low + this.#random() * (high - low));
    return this.builder.constant(Tensor.from("f32", [length], data), "vector");
  }

  /** x [N,C,H,W] -> [N,outChannels,H/stride,W/stride], padded by kernel / 2. */
  conv(x: Value, outChannels: number, options: ConvOptions = {}): Value {
    const { kernel = 1, stride = 1, groups = 1, activation } = options;
    const inChannels = Number(x.type.shape[1]);
    const pad = kernel >> 1;
    const weight = this.weights(
      [outChannels, inChannels / groups, kernel, kernel],
      (inChannels / groups) * kernel * kernel,
    );
    const attrs = {
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [1, 1],
      groups,
      autoPad: "none",
    } as const;
    const y = this.builder.one(ops.conv, attrs, [x, weight]);
    const statistics = [
      this.#vector(outChannels, 0.9, 1.1),
      this.#vector(outChannels, -0.1, 0.1),
      this.#vector(outChannels, -0.1, 0.1),
      this.#vector(outChannels, 0.9, 1.1),
    ];
    const normalised = this.builder.one(ops.batchNorm, { epsilon: 1e-5 }, [y, ...statistics]);
    return activation ? this.activate(normalised, activation) : normalised;
  }

  activate(x: Value, activation: "relu" | "relu6"): Value {
    return activation === "relu"
      ? this.#one(ops.relu, {}, [x])
      : this.#one(ops.clip, { min: 0, max: 6 }, [x]);
  }

  /** Global average pooling, then x [N,C] * weight [C,classes] + bias. */
  head(x: Value, numClasses: number): Value {
    const channels = Number(x.type.shape[1]);
    const pooled = this.#one(ops.globalAveragePool, {}, [x]);
    const flat = this.#one(ops.flatten, { axis: 1 }, [pooled]);
    const bias = this.#vector(numClasses, -0.1, 0.1);
    return this.#one(ops.matMul, {}, [flat, this.weights([channels, numClasses], channels), bias]);
  }

  #one<A>(op: Op<A>, attrs: A, inputs: readonly Value[]): Value {
    return this.builder.one(op, attrs, inputs);
  }
}
