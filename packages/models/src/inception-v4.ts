import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, type ConvOptions, Layers } from "./layers.ts";

type Kernel = number | readonly [number, number];

/** Adds convolutions one after the other: channels and kernel of each. */
function chain(layers: Layers, x: Value, convs: readonly (readonly [number, Kernel, ConvOptions?])[]): Value {
  return convs.reduce(
    (from, [channels, kernel, options]) =>
      layers.conv(from, channels, { kernel, activation: "relu", ...options }),
    x,
  );
}

const valid = { pads: 0 } as const;
const down = { stride: 2, pads: 0 } as const;
const tall = (size: number): Kernel => [size, 1];
const wide = (size: number): Kernel => [1, size];

const shrink = (layers: Layers, x: Value): Value => layers.maxPool(x, { kernel: 3, stride: 2 });

/** A 3x3 average that leaves padding out, then a 1x1 convolution. */
function pooled(layers: Layers, x: Value, channels: number): Value {
  return layers.conv(layers.averagePool(x, { kernel: 3, stride: 1, pads: 1 }), channels, {
    activation: "relu",
  });
}

/** Figure 3: [N,3,299,299] -> [N,384,35,35]. */
function stem(layers: Layers, image: Value): Value {
  const first = chain(layers, image, [
    [32, 3, down],
    [32, 3, valid],
    [64, 3],
  ]);
  const second = layers.concat([shrink(layers, first), chain(layers, first, [[96, 3, down]])]);
  const short = chain(layers, second, [
    [64, 1],
    [96, 3, valid],
  ]);
  const long = chain(layers, second, [
    [64, 1],
    [64, wide(7)],
    [64, tall(7)],
    [96, 3, valid],
  ]);
  const third = layers.concat([short, long]);
  return layers.concat([chain(layers, third, [[192, 3, down]]), shrink(layers, third)]);
}

/** Figure 4. */
function inceptionA(layers: Layers, x: Value): Value {
  const one = chain(layers, x, [[96, 1]]);
  const two = chain(layers, x, [
    [64, 1],
    [96, 3],
  ]);
  const three = chain(layers, x, [
    [64, 1],
    [96, 3],
    [96, 3],
  ]);
  return layers.concat([one, two, three, pooled(layers, x, 96)]);
}

/** Figure 7 with k 192, l 224, m 256, n 384. */
function reductionA(layers: Layers, x: Value): Value {
  const long = chain(layers, x, [
    [192, 1],
    [224, 3],
    [256, 3, down],
  ]);
  return layers.concat([chain(layers, x, [[384, 3, down]]), long, shrink(layers, x)]);
}

/** Figure 5. */
function inceptionB(layers: Layers, x: Value): Value {
  const two = chain(layers, x, [
    [192, 1],
    [224, wide(7)],
    [256, tall(7)],
  ]);
  const three = chain(layers, x, [
    [192, 1],
    [192, tall(7)],
    [224, wide(7)],
    [224, tall(7)],
    [256, wide(7)],
  ]);
  return layers.concat([chain(layers, x, [[384, 1]]), two, three, pooled(layers, x, 128)]);
}

/** Figure 8. */
function reductionB(layers: Layers, x: Value): Value {
  const short = chain(layers, x, [
    [192, 1],
    [192, 3, down],
  ]);
  const long = chain(layers, x, [
    [256, 1],
    [256, wide(7)],
    [320, tall(7)],
    [320, 3, down],
  ]);
  return layers.concat([short, long, shrink(layers, x)]);
}

/** Figure 6. */
function inceptionC(layers: Layers, x: Value): Value {
  const forked = (from: Value): readonly Value[] => [
    chain(layers, from, [[256, wide(3)]]),
    chain(layers, from, [[256, tall(3)]]),
  ];
  const two = forked(chain(layers, x, [[384, 1]]));
  const long = chain(layers, x, [
    [384, 1],
    [448, tall(3)],
    [512, wide(3)],
  ]);
  return layers.concat([chain(layers, x, [[256, 1]]), ...two, ...forked(long), pooled(layers, x, 256)]);
}

/** InceptionV4 (Szegedy et al. 2017, figure 9): image [N,3,H,W] f32 -> logits [N,numClasses]. */
export function inceptionV4(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options, { epsilon: 1e-3 });
  let x = stem(layers, layers.input("image", inputShape));
  for (let i = 0; i < 4; i++) x = inceptionA(layers, x);
  x = reductionA(layers, x);
  for (let i = 0; i < 7; i++) x = inceptionB(layers, x);
  x = reductionB(layers, x);
  for (let i = 0; i < 3; i++) x = inceptionC(layers, x);
  return layers.build([layers.head(x, numClasses)]);
}
