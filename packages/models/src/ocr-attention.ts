import { ops, type Program, Tensor, type Value } from "@coracle/core";
import { type ClassifierOptions, Layers } from "./layers.ts";
import { anyRunning, isPosition, loop, type Trip } from "./loop.ts";

export interface OcrAttentionOptions extends ClassifierOptions {
  /** Characters of a result. Default 20. */
  readonly maxLength?: number;
}

const hidden = 200;
const width = 128;
const [beginId, endId] = [0, 1];

/** image [N,1,48,W] -> [N,128,6,W/8] */
function features(layers: Layers, image: Value): Value {
  let x = image;
  for (const channels of [16, 32, 64, 128]) {
    for (let i = 0; i < 2; i++) x = layers.conv(x, channels, { kernel: 3, activation: "relu" });
    if (channels < 128) x = layers.maxPool(x, { kernel: 2, stride: 2, ceilMode: true });
  }
  return x;
}

/** x [S,N,C] -> [S,2,N,hidden], a gated unit in each direction with relu for its candidates. */
function gru(layers: Layers, x: Value): Value {
  const inputs = Number(x.type.shape[2]);
  const [inward, across] = [Math.sqrt(1 / inputs), Math.sqrt(1 / hidden)];
  const repeated = layers.one(ops.expand, {}, [layers.sizes([[x, 0]]), layers.sizes([[x, 1]])]);
  const values = [
    layers.weights("gru_0.w_0", [2, 3 * hidden, inputs], inward),
    layers.weights("gru_0.w_1", [2, 3 * hidden, hidden], across),
    layers.concat([layers.weights("gru_0.b_0", [2, 3 * hidden], 0.02), zeros(layers, [2, 3 * hidden])]),
    layers.one(ops.cast, { to: "i32" }, [repeated]),
    layers.full("f32", 0, layers.sizes([2, [x, 1], hidden])),
  ];
  const attrs = {
    direction: "bidirectional",
    hiddenSize: hidden,
    activations: ["Sigmoid", "Relu", "Sigmoid", "Relu"],
    activationAlpha: [],
    activationBeta: [],
    layout: 0,
  } as const;
  return layers.builder.node(ops.gru, attrs, [x, ...values], { name: "gru_0" })[0]!;
}

const zeros = (layers: Layers, shape: readonly number[]): Value =>
  layers.builder.constant(Tensor.zeros("f32", shape), "zeros");

/** x [...,K] -> [...,width] without bias. */
function project(layers: Layers, x: Value, outputs: number): Value {
  const inputs = Number(x.type.shape.at(-1));
  const name = layers.next("projection");
  const weight = layers.weights(`${name}.w_0`, [inputs, outputs], Math.sqrt(1 / inputs));
  return layers.builder.one(ops.matMul, {}, [x, weight], { name });
}

/** state [N,width] -> the mean [N,2*hidden] of the encoded columns, weighed by what the state looks for. */
function attend(layers: Layers, state: Value, encoded: Value, projected: Value): Value {
  const wanted = layers.unsqueeze(project(layers, state, width), 1);
  const found = layers.one(ops.tanh, {}, [layers.add(projected, wanted)]);
  const shares = layers.one(ops.softmax, { axis: 1 }, [project(layers, found, 1)]);
  const mixed = layers.one(ops.matMul, {}, [layers.transpose(shares, [0, 2, 1]), encoded]);
  return layers.one(ops.squeeze, {}, [mixed, layers.ints([1])]);
}

/** A gated unit: input [N,3*width], state [N,width] -> state. */
function gatedUnit(layers: Layers, input: Value, state: Value): Value {
  const bias = layers.vector("gru_unit_0.b_0", 3 * width, 0);
  const [gates, candidate] = layers.split(layers.add(input, bias), [2 * width, width], 1);
  const opened = layers.activate(layers.add(gates!, project(layers, state, 2 * width)), "sigmoid");
  const [update, reset] = layers.split(opened, [width, width], 1);
  const kept = project(layers, layers.mul(reset!, state), width);
  const next = layers.one(ops.tanh, {}, [layers.add(candidate!, kept)]);
  return layers.add(state, layers.mul(update!, layers.sub(next, state)));
}

/** Carried: the last characters [N], the state, characters [N,T] and their probabilities, whether each has ended. */
function decodeTrip({ layers, index, carried, captures }: Trip, numIds: number, length: number) {
  const [last, state, ids, shares, isDone] = carried as readonly [Value, Value, Value, Value, Value];
  const [encoded, projected] = captures as readonly [Value, Value];
  const table = layers.weights("char_embedding.w_0", [numIds, width], 1);
  const embedded = layers.one(ops.gather, { axis: 0 }, [table, last]);
  const context = project(layers, attend(layers, state, encoded, projected), 3 * width);
  const next = gatedUnit(layers, layers.add(context, project(layers, embedded, 3 * width)), state);
  const logits = layers.linear(next, numIds, 4 / Math.sqrt(width));
  const chances = layers.one(ops.softmax, { axis: 1 }, [logits]);
  const topK = { axis: 1, largest: true, sorted: true };
  const [chance, best] = layers.builder.node(ops.topK, topK, [chances, layers.ints([1])]);
  const done = layers.unsqueeze(isDone, 1);
  const id = layers.one(ops.where, {}, [done, layers.integer(endId), best!]);
  const share = layers.one(ops.where, {}, [done, layers.scalar(1), chance!]);
  const here = isPosition(layers, length, index);
  const flat = layers.one(ops.squeeze, {}, [id, layers.ints([1])]);
  const ended = layers.one(ops.equal, {}, [flat, layers.integer(endId)]);
  return {
    isRunning: anyRunning(layers, ended),
    carried: [
      flat,
      next,
      layers.one(ops.where, {}, [here, id, ids]),
      layers.one(ops.where, {}, [here, share, shares]),
      ended,
    ],
  };
}

/**
 * OCR by attention, the network of PaddlePaddle/models ocr_recognition (attention_model.py), which alone defines its
 * sizes: image [N,1,48,W] f32, W a number -> characters [N,maxLength] i64, 1 from the end on, and their probabilities
 * [N,maxLength], by a loop that takes the likeliest of each step. 95 characters, after 0 for the begin and 1 for the end, by default.
 */
export function ocrAttention(options: OcrAttentionOptions = {}): Program {
  const { numClasses = 95, maxLength = 20, inputShape = ["n", 1, 48, 512] } = options;
  const layers = new Layers(options);
  const maps = features(layers, layers.input("image", inputShape));
  const [channels, height, numColumns] = maps.type.shape.slice(1).map(Number) as [number, number, number];
  const columns = layers.reshape(layers.transpose(maps, [3, 0, 1, 2]), [numColumns, -1, channels * height]);
  const states = layers.transpose(gru(layers, columns), [2, 0, 1, 3]);
  const encoded = layers.reshape(states, [0, 0, 2 * hidden]);
  const projected = project(layers, encoded, width);
  const first = layers.reshape(layers.slice(layers.slice(states, 0, 1, 1), 1, 2, 2), [-1, hidden]);
  const boot = layers.activate(project(layers, first, width), "relu");
  const sizes = layers.sizes([[encoded, 0]]);
  const long = layers.sizes([[encoded, 0], maxLength]);
  const start = {
    mostTrips: maxLength,
    carried: [
      layers.full("i64", beginId, sizes),
      boot,
      layers.full("i64", endId, long),
      layers.full("f32", 1, long),
      layers.full("bool", 0, sizes),
    ],
    captures: [encoded, projected],
  };
  const ends = loop(layers, start, (trip) => decodeTrip(trip, numClasses + 2, maxLength));
  return layers.build([ends[2]!, ends[3]!]);
}
