import type { Program, Value } from "@coracle/core";
import { anyImage, type ClassifierOptions, Layers } from "./layers.ts";

/** 1x1; 1x1 before 3x3, 3x3; 1x1 before 5x5, 5x5; 1x1 after the pool. */
type Widths = readonly [number, number, number, number, number, number];

const stages: readonly (readonly Widths[])[] = [
  [
    [64, 96, 128, 16, 32, 32],
    [128, 128, 192, 32, 96, 64],
  ],
  [
    [192, 96, 208, 16, 48, 64],
    [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64],
    [112, 144, 288, 32, 64, 64],
    [256, 160, 320, 32, 128, 128],
  ],
  [
    [256, 160, 320, 32, 128, 128],
    [384, 192, 384, 48, 128, 128],
  ],
];

function inception(layers: Layers, x: Value, [a, b0, b1, c0, c1, d]: Widths): Value {
  const activation = "relu";
  const conv = (from: Value, channels: number, kernel: number): Value =>
    layers.conv(from, channels, { kernel, activation });
  const by1 = conv(x, a, 1);
  const by3 = conv(conv(x, b0, 1), b1, 3);
  const by5 = conv(conv(x, c0, 1), c1, 5);
  const pooled = conv(layers.maxPool(x, { kernel: 3, stride: 1, pads: 1 }), d, 1);
  return layers.concat([by1, by3, by5, pooled]);
}

/**
 * GoogLeNet (Szegedy et al. 2015, table 1; batch norm in place of response normalisation, as Ioffe and Szegedy 2015):
 * image [N,3,H,W] f32 -> logits [N,numClasses].
 */
export function googlenet(options: ClassifierOptions = {}): Program {
  const { numClasses = 1000, inputShape = anyImage } = options;
  const layers = new Layers(options);
  const activation = "relu";
  const pool = (x: Value): Value => layers.maxPool(x, { kernel: 3, stride: 2, ceilMode: true });
  const image = layers.input("image", inputShape);
  let x = pool(layers.conv(image, 64, { kernel: 7, stride: 2, activation }));
  x = layers.conv(layers.conv(x, 64, { activation }), 192, { kernel: 3, activation });
  for (const stage of stages) {
    x = pool(x);
    for (const widths of stage) x = inception(layers, x, widths);
  }
  return layers.build([layers.head(x, numClasses)]);
}
