/**
 * What Paddle Lite's optimiser leaves in a program: transport between memories, 8-bit numbers at the borders of
 * quantised operators, and activations inside other operators.
 */
import { ops, Tensor, type Value } from "@coracle/core";
import type { Convert, PaddleContext } from "../context.ts";
import { activate } from "./activation.ts";

const isByte = ({ type }: Value): boolean => type.dtype === "i8";
const isStored = ({ type }: Value): boolean => type.dtype === "i8" || type.dtype === "i16";

function scaleOf(c: PaddleContext, attribute: string): readonly number[] {
  const scales = c.floats(attribute) ?? [];
  return scales.length > 0 ? scales : c.fail(`8-bit numbers without ${attribute}`, "their scale");
}

function scaleTensor(c: PaddleContext, scales: readonly number[]): Value {
  return scales.length === 1 ? c.scalar("f32", scales[0]!) : c.constantFloats(scales);
}

function zeroOf(c: PaddleContext, dtype: "i8" | "i16", scales: readonly number[]): Value {
  const shape = scales.length === 1 ? [] : [scales.length];
  return c.constant(Tensor.zeros(dtype, shape));
}

function dequantized(c: PaddleContext, x: Value, scales: readonly number[], axis: number): Value {
  const zero = zeroOf(c, x.type.dtype === "i16" ? "i16" : "i8", scales);
  return c.emit(ops.dequantizeLinear, { axis, blockSize: 0 }, [x, scaleTensor(c, scales), zero]);
}

function quantized(c: PaddleContext, x: Value, scale: number): Value {
  const inputs = [x, c.scalar("f32", scale), c.constant(Tensor.zeros("i8", []))];
  return c.emit(ops.quantizeLinear, { axis: 0, blockSize: 0, saturate: true }, inputs);
}

/** The kernel that the optimiser chose: operator/variant/target/precision/layout. */
const variantOf = (c: PaddleContext): string => c.string("__@kernel_type_attr@__", "").split("/")[1] ?? "";

/** An operand as floats, whether its bytes are a value's or a weight's. */
export function floatOperand(c: PaddleContext, slot: string): Value {
  const x = c.input(slot);
  return isByte(x) ? dequantized(c, x, scaleOf(c, `${slot}0_scale`).slice(0, 1), 0) : x;
}

/** Weights as floats: 8 or 16 bits with a scale for the tensor or for each channel of `axis`. */
export function floatWeights(c: PaddleContext, slot: string, axis: number): Value {
  const w = c.input(slot);
  if (!isStored(w)) return w;
  const name = c.op.inputs.get(slot)?.[0] ?? "";
  const scales = c.floats(`${name}_quant_scale`) ?? scaleOf(c, `${slot}0_scale`);
  const size = Number(w.type.shape[axis]);
  const uniform =
    scales.length === size && scales.every((scale) => scale === scales[0]) ? [scales[0]!] : scales;
  return dequantized(c, w, uniform, axis);
}

/** The result as 8 bits where the chosen kernel gives them. */
export function stored(c: PaddleContext, y: Value, slot: string): Value {
  if (!c.bool("enable_int8", false) || variantOf(c) !== "int8_out") return y;
  return quantized(c, y, scaleOf(c, `${slot}0_scale`)[0]!);
}

const activationParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  leaky_relu: { alpha: "leaky_relu_alpha" },
  relu6: { threshold: "fuse_brelu_threshold" },
  hard_swish: { threshold: "hard_swish_threshold", scale: "hard_swish_scale", offset: "hard_swish_offset" },
  hard_sigmoid: { slope: "hard_sigmoid_slope", offset: "hard_sigmoid_offset" },
  swish: { beta: "swish_scale" },
};

/** A residual added and an activation applied inside the operator. */
export function withFused(c: PaddleContext, y: Value): Value {
  const residual = c.optional("ResidualData");
  const sum = residual ? c.emit(ops.add, {}, [y, residual]) : y;
  const named = c.bool("with_act", false) ? c.string("act_type", "") : "";
  const kind =
    named !== "" ? named : c.bool("fuse_relu", false) ? "relu" : c.bool("fuse_brelu", false) ? "relu6" : "";
  return kind === "" ? sum : activate(c.withRenamed(activationParameters[kind] ?? {}), sum, kind);
}

/** To 8 bits or back, by the variant of the kernel. */
const calib: Convert = (c) => {
  const x = c.input("Input");
  const variant = variantOf(c);
  const scale = c.float("scale", 1);
  if (variant.startsWith("fp32_to_int8") || (variant === "" && !isByte(x)))
    return { Out: quantized(c, x, scale) };
  if (variant.startsWith("int8_to_fp32")) return { Out: dequantized(c, x, [scale], 0) };
  return { Out: x };
};

const pass: Convert = (c) => ({ Out: c.input("Input") });

export const lite: Readonly<Record<string, Convert>> = {
  calib,
  calib_once: calib,
  io_copy: pass,
  io_copy_once: pass,
  layout: pass,
  layout_once: pass,
};
