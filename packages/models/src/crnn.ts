import { ops, type Program, Tensor, type Value } from "@coracle/core";
import { type ClassifierOptions, Layers } from "./layers.ts";

const hidden = 256;

/** x [N,1,32,W] -> [N,512,1,W/4+1] (Shi et al. 2017, table 1). */
function features(layers: Layers, image: Value): Value {
  const plain = { kernel: 3, after: "bias", activation: "relu" } as const;
  const normed = { kernel: 3, activation: "relu" } as const;
  const flat = { kernel: 2, stride: [2, 1], pads: [0, 1, 0, 1] } as const;
  let x = layers.maxPool(layers.conv(image, 64, plain), { kernel: 2, stride: 2 });
  x = layers.maxPool(layers.conv(x, 128, plain), { kernel: 2, stride: 2 });
  x = layers.conv(layers.conv(x, 256, normed), 256, plain);
  x = layers.maxPool(x, flat);
  x = layers.conv(layers.conv(x, 512, normed), 512, plain);
  return layers.conv(layers.maxPool(x, flat), 512, { ...normed, kernel: 2, pads: 0 });
}

/** For x [T,N,C]: T for each of N, and the zeros [2,N,hidden] that both directions start from. */
function lengthsAndState(layers: Layers, x: Value): readonly [Value, Value] {
  const [steps, batch] = x.type.shape;
  if (typeof steps === "number" && typeof batch === "number") {
    const lengths = Tensor.from("i32", [batch], new Int32Array(batch).fill(steps));
    const zeros = Tensor.zeros("f32", [2, batch, hidden]);
    return [layers.builder.constant(lengths, "lengths"), layers.builder.constant(zeros, "zeros")];
  }
  const [numSteps, numSequences] = [layers.dims(x, 0, 1), layers.dims(x, 1, 2)];
  const repeated = layers.one(ops.expand, {}, [numSteps, numSequences]);
  const zero = layers.builder.constant(Tensor.scalar("f32", 0), "zero");
  const shape = layers.concat([layers.ints([2]), numSequences, layers.ints([hidden])], 0);
  return [layers.one(ops.cast, { to: "i32" }, [repeated]), layers.one(ops.expand, {}, [zero, shape])];
}

/** x [T,N,C] -> [T,N,2*hidden], both directions side by side. */
function bidirectional(layers: Layers, x: Value): Value {
  const name = layers.next("lstm");
  const inputs = Number(x.type.shape[2]);
  const deviation = Math.sqrt(1 / (3 * hidden));
  const [lengths, state] = lengthsAndState(layers, x);
  const weights = [
    layers.weights(`${name}.w_0`, [2, 4 * hidden, inputs], deviation),
    layers.weights(`${name}.w_1`, [2, 4 * hidden, hidden], deviation),
    layers.weights(`${name}.b_0`, [2, 8 * hidden], deviation),
  ];
  const peepholes = layers.builder.constant(Tensor.zeros("f32", [2, 3 * hidden]), "peepholes");
  const attrs = {
    direction: "bidirectional",
    hiddenSize: hidden,
    activations: ["Sigmoid", "Tanh", "Tanh", "Sigmoid", "Tanh", "Tanh"],
    activationAlpha: [],
    activationBeta: [],
    layout: 0,
  } as const;
  const values = [x, ...weights, lengths, state, state, peepholes];
  const y = layers.builder.node(ops.lstm, attrs, values, { name })[0]!;
  return layers.reshape(layers.transpose(y, [0, 2, 1, 3]), [0, 0, 2 * hidden]);
}

/**
 * CRNN (Shi et al. 2017, table 1): image [N,1,32,W] f32 -> logits [W/4+1,N,numClasses], class 0 the blank. Digits and
 * letters, 37 classes, by default.
 */
export function crnn(options: ClassifierOptions = {}): Program {
  const { numClasses = 37, inputShape = ["n", 1, 32, "w"] } = options;
  const layers = new Layers(options);
  const maps = features(layers, layers.input("image", inputShape));
  const columns = layers.one(ops.squeeze, {}, [maps, layers.ints([2])]);
  const sequence = layers.transpose(columns, [2, 0, 1]);
  const middle = layers.linear(bidirectional(layers, sequence), hidden);
  return layers.build([layers.linear(bidirectional(layers, middle), numClasses)]);
}
