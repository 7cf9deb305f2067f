import { ops, type Value } from "@coracle/core";
import type { ActivationName, Layers } from "./layers.ts";

export interface InvertedResidual {
  readonly kernel: number;
  readonly stride: number;
  /** Channels between the first and the last convolution; as many as come in: no first convolution. */
  readonly expanded: number;
  readonly channels: number;
  readonly activation: ActivationName;
  readonly dilation?: number;
  readonly squeeze?: SqueezeExcite;
}

export interface SqueezeExcite {
  readonly channels: number;
  readonly activation: ActivationName;
  readonly gate: ActivationName;
}

/** Hu et al. 2018, section 3: x scaled by what a small network makes of its channel means. */
export function squeezeExcite(
  layers: Layers,
  x: Value,
  { channels, activation, gate }: SqueezeExcite,
): Value {
  const mean = layers.globalAveragePool(x);
  const squeezed = layers.conv(mean, channels, { after: "bias", activation });
  const scale = layers.conv(squeezed, Number(x.type.shape[1]), { after: "bias", activation: gate });
  return layers.one(ops.mul, {}, [x, scale]);
}

/** Sandler et al. 2018, section 3.3: expand, filter each channel, project; added to x where the shapes allow. */
export function invertedResidual(layers: Layers, x: Value, block: InvertedResidual): Value {
  const { kernel, stride, expanded, channels, activation, dilation = 1, squeeze } = block;
  const inChannels = Number(x.type.shape[1]);
  const wide = expanded === inChannels ? x : layers.conv(x, expanded, { activation });
  const filtered = layers.depthwise(wide, { kernel, stride, dilation, activation });
  const gated = squeeze ? squeezeExcite(layers, filtered, squeeze) : filtered;
  const projected = layers.conv(gated, channels);
  return stride === 1 && inChannels === channels ? layers.add(x, projected) : projected;
}

/** Sandler et al. 2018, as in their code: to a multiple of 8, never below 90 %. */
export function roundChannels(channels: number): number {
  const rounded = Math.max(8, Math.floor((channels + 4) / 8) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

/** The squeeze-excite of Howard et al. 2019. */
export const mobileSqueeze = (expanded: number): SqueezeExcite => ({
  channels: roundChannels(expanded / 4),
  activation: "relu",
  gate: "hardSigmoid",
});
