/** Networks of equal convolutions, as deep as a test needs them to be slow. */
import { ops, Predictor, type Program, ProgramBuilder, Tensor } from "@coracle/core";
import { x86 } from "../index.ts";

export interface NetSizes {
  readonly layers: number;
  readonly channels: number;
  readonly size: number;
}

/** In [-1, 1), the same for the same seed. */
export function noise(shape: readonly number[], seed: number, scale = 1): Tensor {
  let state = seed >>> 0;
  const count = shape.reduce((all, dim) => all * dim, 1);
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  };
  return Tensor.from("f32", shape, Float32Array.from({ length: count }, next));
}

export const inputShape = ({ channels, size }: NetSizes): readonly number[] => [1, channels, size, size];

/** x [1,C,S,S] -> y [1,C,S,S]: convolutions of 3x3 with relu, all with the same weights. */
export function convNet(sizes: NetSizes): Program {
  const { layers, channels } = sizes;
  const b = new ProgramBuilder();
  const attrs = {
    strides: [1, 1],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    groups: 1,
    autoPad: "none" as const,
  };
  const weight = b.constant(noise([channels, channels, 3, 3], 7, Math.sqrt(6 / (9 * channels))), "weight");
  let value = b.input("x", "f32", [...inputShape(sizes)]);
  for (let i = 0; i < layers; i++) {
    value = b.one(ops.relu, {}, [b.one(ops.conv, attrs, [value, weight])], { outputs: [`y${i}`] });
  }
  return b.build([value]);
}

export const outputName = ({ layers }: NetSizes): string => `y${layers - 1}`;

const probed: NetSizes = { layers: 2, channels: 64, size: 56 };

/** The sizes of a network whose run takes about `ms` on this machine with so many threads. */
export async function sizesTaking(ms: number, threads: number): Promise<NetSizes> {
  using predictor = await Predictor.create(convNet(probed), { backends: [x86], threads, fallback: false });
  const feeds = { x: noise(inputShape(probed), 1) };
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    predictor.runSync(feeds);
    best = Math.min(best, performance.now() - start);
  }
  return { ...probed, layers: Math.ceil((probed.layers * ms) / best) };
}
