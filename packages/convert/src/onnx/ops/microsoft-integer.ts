import { ops, Tensor, type Value } from "@coracle/core";
import type { Convert, OnnxContext } from "../context.ts";
import { binary, castTo, rankOf, reshape, scalarLike, sliceAxis, transpose, unsqueeze } from "./common.ts";
import { FusedConv as FusedConvolution } from "./microsoft.ts";
import { onChannelsLast } from "./microsoft-movement.ts";
import { Conv } from "./nn.ts";
import { quantize, QLinearConv as StandardQLinearConv } from "./quant.ts";
import { LSTM } from "./recurrent.ts";

export const NhwcConv: Convert = onChannelsLast(Conv);
export const NhwcFusedConv: Convert = onChannelsLast(FusedConvolution, [0, 3]);

const channelsLastConv = onChannelsLast(StandardQLinearConv);

export function QLinearConv(context: OnnxContext): readonly Value[] {
  const isLast = context.attributes.int("channels_last", 0) !== 0;
  return isLast ? channelsLastConv(context) : StandardQLinearConv(context);
}

function turned(context: OnnxContext, x: Value, name: string): Value {
  return context.attributes.int(name, 0) === 0 ? x : transpose(context, x, [1, 0]);
}

/** (a, aScale, aZero, b, bScale, bZero, c?, yScale?, yZero?): without yScale the result is real. */
export function QGemm(context: OnnxContext): readonly Value[] {
  const [a, b] = [turned(context, context.input(0), "transA"), turned(context, context.input(3), "transB")];
  const product = context.emit(ops.matMulInteger, {}, [a, b, context.input(2), context.input(5)]);
  const c = context.optional(6);
  const sum = c ? binary(context, ops.add, product, c) : product;
  const both = binary(context, ops.mul, context.input(1), context.input(4));
  const alpha = context.attributes.float("alpha", 1);
  const scale = alpha === 1 ? both : binary(context, ops.mul, both, scalarLike(context, both, alpha));
  const y = binary(context, ops.mul, castTo(context, sum, scale.type.dtype), scale);
  const yScale = context.optional(7);
  if (!yScale) return [y];
  const zeroPoint = context.optional(8) ?? context.scalar(a.type.dtype, 0);
  return [quantize(context, y, { scale: yScale, zeroPoint })];
}

/** (a - aZero) (b - bZero) as i32; zero points are left out where absent. */
export function MulInteger(context: OnnxContext): readonly Value[] {
  const [a, b] = [0, 2].map((i) => {
    const x = castTo(context, context.input(i), "i32");
    const zero = context.optional(i + 1);
    return zero ? binary(context, ops.sub, x, castTo(context, zero, "i32")) : x;
  });
  return [binary(context, ops.mul, a!, b!)];
}

export function ReduceSumInteger(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const keepDims = context.attributes.int("keepdims", 1) !== 0;
  const wide = castTo(context, x, x.type.dtype === "u8" ? "u32" : "i32");
  const axes = context.ints(context.requiredInts("axes"));
  return [context.emit(ops.reduceSum, { keepDims, noopWithEmptyAxes: false }, [wide, axes])];
}

/** 16-bit factors, the sum in i32. */
export function MatMulInteger16(context: OnnxContext): readonly Value[] {
  const [a, b] = [0, 1].map((i) => castTo(context, context.input(i), "i32"));
  return [context.emit(ops.matMul, {}, [a!, b!])];
}

/** The elements of each byte, the low bits first. */
function unpackBits(bytes: ArrayLike<number>, bits: number): Uint8Array {
  const perByte = 8 / bits;
  const out = new Uint8Array(bytes.length * perByte);
  for (let i = 0; i < out.length; i++) {
    out[i] = (bytes[Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & (2 ** bits - 1);
  }
  return out;
}

function bytesOf(context: OnnxContext, value: Value, what: string): Uint8Array {
  const data = value.data ?? context.fail(`${what} that is computed`, "a constant");
  if (value.type.dtype !== "u8") context.fail(`${what} of ${value.type.dtype}`, "u8");
  return data.data as Uint8Array;
}

interface Blocks {
  readonly rows: number;
  readonly columns: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly bits: 2 | 4 | 8;
}

const storedTypes = { 2: "u2", 4: "u4", 8: "u8" } as const;

/** [rows, blocks] of one zero point each. Rows of packed ones end at a byte. */
function blockZeros(context: OnnxContext, given: Value | undefined, { rows, blocks, bits }: Blocks): Value {
  const dtype = storedTypes[bits];
  const data = new Uint8Array(rows * blocks);
  if (!given) data.fill(2 ** (bits - 1));
  else if (given.type.dtype === "u8") {
    const all = unpackBits(bytesOf(context, given, "zero_points"), bits);
    const perRow = all.length / rows;
    for (let row = 0; row < rows; row++) {
      data.set(all.subarray(row * perRow, row * perRow + blocks), row * blocks);
    }
  }
  return context.constant(Tensor.from(dtype, [rows, blocks], data));
}

/** Weights [N,K] of 2, 4 or 8 bits that share a scale in blocks along K, as real numbers. */
function blockWeights(context: OnnxContext, sizes: Blocks): Value {
  const { rows, columns, blockSize, blocks, bits } = sizes;
  const stored = bytesOf(context, context.input(1), "B");
  const padded = blocks * blockSize;
  if (stored.length * 8 !== rows * padded * bits)
    context.fail(
      `B of ${stored.length} bytes`,
      `${(rows * padded * bits) / 8}: N ${rows}, K ${columns}, block_size ${blockSize}`,
    );
  const shape = [rows, padded];
  const weights =
    bits === 8 ? Tensor.from("u8", shape, stored) : Tensor.fromPacked(storedTypes[bits], shape, stored);
  const scales = reshape(context, context.input(2), context.ints([rows, blocks]));
  const zeros = context.optional(3);
  const inputs = [context.constant(weights), scales, blockZeros(context, zeros, sizes)];
  const whole = context.emit(ops.dequantizeLinear, { axis: 1, blockSize }, inputs);
  const real = padded === columns ? whole : sliceAxis(context, whole, 1, [0, columns]);
  if (!zeros || zeros.type.dtype === "u8") return real;
  const offsets = binary(context, ops.mul, reshape(context, zeros, context.ints([rows, blocks])), scales);
  return binary(context, ops.sub, real, spread(context, offsets, sizes));
}

/** [rows, blocks] -> [rows, columns], each for its block. */
function spread(context: OnnxContext, x: Value, { rows, columns, blockSize, blocks }: Blocks): Value {
  const shape = context.ints([rows, blocks, blockSize]);
  const wide = context.emit(ops.expand, {}, [unsqueeze(context, x, [2]), shape]);
  return sliceAxis(context, reshape(context, wide, context.ints([rows, -1])), 1, [0, columns]);
}

/** (a [...,K], B packed [N,blocks,bytes], scales, zeroPoints?, groupIndex?, bias?). */
export function MatMulNBits(context: OnnxContext): readonly Value[] {
  const [rows, columns] = [context.requiredInt("N"), context.requiredInt("K")];
  const [bits, blockSize] = [context.attributes.int("bits", 4), context.requiredInt("block_size")];
  if (bits !== 2 && bits !== 4 && bits !== 8) return context.fail(`bits ${bits}`, "2, 4 or 8");
  if (context.optional(4)) context.fail("a group index", "blocks in order. Quantise without act-order");
  const blocks = Math.ceil(columns / blockSize);
  const weights = blockWeights(context, { rows, columns, blockSize, blocks, bits });
  const a = context.input(0);
  const product = context.emit(ops.matMul, { transB: true }, [a, castTo(context, weights, a.type.dtype)]);
  const bias = context.optional(5);
  return [bias ? binary(context, ops.add, product, bias) : product];
}

/** x (stored) less its zero points, times its scales, each [D] or [D,columns] for x [D,rows,columns]. */
function realWeights(context: OnnxContext, x: Value, scale: Value, zero: Value | undefined): Value {
  const over = (list: Value): Value => unsqueeze(context, list, rankOf(list) === 1 ? [1, 2] : [1]);
  const centred = zero
    ? binary(context, ops.sub, castTo(context, x, "i32"), over(castTo(context, zero, "i32")))
    : castTo(context, x, "i32");
  const real = binary(context, ops.mul, castTo(context, centred, "f32"), over(scale));
  return transpose(context, real, [0, 2, 1]);
}

/** (x, w, r, b?, lengths?, h?, c?, p?, wScale, wZero, rScale, rZero): weights [D,rows,4H] dequantised, the rest real. */
export function DynamicQuantizeLSTM(context: OnnxContext): readonly Value[] {
  const w = realWeights(context, context.input(1), context.input(8), context.optional(9));
  const r = realWeights(context, context.input(2), context.input(10), context.optional(11));
  const rest = [3, 4, 5, 6, 7].map((i) => context.optional(i));
  return LSTM(context.withInputs([context.input(0), w, r, ...rest]));
}
