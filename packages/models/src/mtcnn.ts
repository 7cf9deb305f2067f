import { ops, type Program, type Value } from "@coracle/core";
import { type ConvOptions, Layers, type ModelOptions } from "./layers.ts";

/** x [N,C,...] -> the same, negative elements times a number of their channel. */
function prelu(layers: Layers, x: Value): Value {
  const { shape } = x.type;
  const channels = Number(shape[1]);
  const slopes = layers.vector(`${layers.next("prelu")}.w_0`, channels, 0.25);
  const fitting = shape.length === 4 ? layers.reshape(slopes, [channels, 1, 1]) : slopes;
  return layers.one(ops.prelu, {}, [x, fitting]);
}

function step(layers: Layers, x: Value, channels: number, kernel: number): Value {
  return prelu(layers, layers.conv(x, channels, { kernel, pads: 0, after: "bias" }));
}

const pool = (layers: Layers, x: Value, kernel: number): Value =>
  layers.maxPool(x, { kernel, stride: 2, ceilMode: true });

/** [N,channels] as a program of the Caffe model has it: columns before rows. */
function hidden(layers: Layers, x: Value, width: number): Value {
  return prelu(layers, layers.linear(layers.flatten(layers.transpose(x, [0, 3, 2, 1])), width));
}

/** Initial biases that put chances of a face about the thresholds. */
const faceBias = [-1, 1];
const face: ConvOptions = { after: "bias", gain: 2, initial: [-0.2, 0.2] };
const moved: ConvOptions = { after: "bias", gain: 0.3 };

/** image [N,3,H,W] -> chances of a face [N,2,h,w] and corners relative to each window [N,4,h,w], h = ceil((H-2)/2)-4. */
export function proposalNet(layers: Layers, image: Value): readonly [Value, Value] {
  const small = pool(layers, step(layers, image, 10, 3), 2);
  const x = step(layers, step(layers, small, 16, 3), 32, 3);
  return [layers.one(ops.softmax, { axis: 1 }, [layers.conv(x, 2, face)]), layers.conv(x, 4, moved)];
}

/** crops [N,3,24,24] -> chances [N,2] and corners [N,4]. */
export function refineNet(layers: Layers, crops: Value): readonly [Value, Value] {
  let x = pool(layers, step(layers, crops, 28, 3), 3);
  x = pool(layers, step(layers, x, 48, 3), 3);
  const y = hidden(layers, step(layers, x, 64, 2), 128);
  const chances = layers.one(ops.softmax, { axis: 1 }, [layers.linear(y, 2, 2 / Math.sqrt(128), faceBias)]);
  return [chances, layers.linear(y, 4, 0.3 / Math.sqrt(128))];
}

/** crops [N,3,48,48] -> chances [N,2], corners [N,4] and five points [N,10], first their x, then their y. */
export function outputNet(layers: Layers, crops: Value): readonly [Value, Value, Value] {
  let x = pool(layers, step(layers, crops, 32, 3), 3);
  x = pool(layers, step(layers, x, 64, 3), 3);
  x = pool(layers, step(layers, x, 64, 3), 2);
  const y = hidden(layers, step(layers, x, 128, 2), 256);
  const chances = layers.one(ops.softmax, { axis: 1 }, [layers.linear(y, 2, 2 / Math.sqrt(256), faceBias)]);
  return [chances, layers.linear(y, 4, 0.3 / Math.sqrt(256)), layers.linear(y, 10)];
}

/**
 * The proposal network of MTCNN (Zhang et al. 2016, figure 2): image [N,3,H,W] f32, at least 12 x 12 -> chances
 * [N,2,h,w], of a face second, and corners relative to each window of 12 x 12 [N,4,h,w]. 6,632 parameters, as the
 * authors' model and facenet-pytorch have; multiply-adds as Open Model Zoo's mtcnn-p at 720 x 1280.
 */
export function mtcnnProposal(options: ModelOptions = {}): Program {
  const { inputShape = ["n", 3, "h", "w"] } = options;
  const layers = new Layers(options);
  return layers.build(proposalNet(layers, layers.input("image", inputShape)));
}

/**
 * The refinement network of MTCNN (Zhang et al. 2016, figure 2): crops [N,3,24,24] f32 -> chances [N,2], of a face
 * second, and corners relative to the crop [N,4]. 100,178 parameters, as facenet-pytorch.
 */
export function mtcnnRefinement(options: ModelOptions = {}): Program {
  const layers = new Layers(options);
  return layers.build(refineNet(layers, layers.input("image", options.inputShape ?? ["n", 3, 24, 24])));
}

/**
 * The output network of MTCNN (Zhang et al. 2016, figure 2): crops [N,3,48,48] f32 -> chances [N,2], of a face second,
 * corners [N,4] and five points [N,10] relative to the crop, first their x, then their y. 389,040 parameters, as
 * facenet-pytorch.
 */
export function mtcnnOutput(options: ModelOptions = {}): Program {
  const layers = new Layers(options);
  return layers.build(outputNet(layers, layers.input("image", options.inputShape ?? ["n", 3, 48, 48])));
}
