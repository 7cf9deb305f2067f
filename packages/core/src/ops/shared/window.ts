import { ShapeError } from "../../errors.ts";
import {
  type Dim,
  dimAdd,
  dimCeilDiv,
  dimFloorDiv,
  dimSub,
  formatShape,
  type Shape,
} from "../../ir/shape.ts";

/** "none": `pads` are used. "sameUpper": output = ceil(input / stride), the odd padding at the end. */
export type AutoPad = "none" | "valid" | "sameUpper" | "sameLower";

/** One entry per spatial dimension; pads are [begin..., end...]. */
export interface WindowAttrs {
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly autoPad: AutoPad;
  /** Output sizes are rounded up; windows that would start in the end padding are left out. */
  readonly ceilMode?: boolean;
}

export interface ResolvedWindow {
  /** Explicit: [begin..., end...]. */
  readonly pads: readonly number[];
  readonly output: readonly number[];
}

interface Axis {
  /** (kernel - 1) dilation + 1. */
  readonly extent: number;
  readonly stride: number;
  readonly begin: number;
  readonly end: number;
}

function checkList(name: string, values: readonly number[], length: number, least: number): void {
  if (values.length === length && values.every((v) => Number.isSafeInteger(v) && v >= least)) return;
  throw new ShapeError(`${name} ${formatShape(values)}; expected ${length} integers of at least ${least}.`);
}

/** Throws ShapeError unless every list has an entry per spatial dimension, in its range. */
export function checkWindow(kernel: readonly number[], attrs: WindowAttrs): void {
  const rank = kernel.length;
  checkList("kernel", kernel, rank, 1);
  checkList("strides", attrs.strides, rank, 1);
  checkList("dilations", attrs.dilations, rank, 1);
  if (attrs.autoPad === "none") checkList("pads", attrs.pads, 2 * rank, 0);
}

function axisOf(index: number, kernel: readonly number[], attrs: WindowAttrs): Axis {
  const isExplicit = attrs.autoPad === "none";
  return {
    extent: (kernel[index]! - 1) * attrs.dilations[index]! + 1,
    stride: attrs.strides[index]!,
    begin: isExplicit ? attrs.pads[index]! : 0,
    end: isExplicit ? attrs.pads[kernel.length + index]! : 0,
  };
}

const plus = (dim: Dim, value: number): Dim => (value < 0 ? dimSub(dim, -value) : dimAdd(dim, value));

function outputDim(input: Dim, axis: Axis, attrs: WindowAttrs): Dim {
  const { extent, stride, begin, end } = axis;
  if (attrs.autoPad === "sameUpper" || attrs.autoPad === "sameLower") return dimCeilDiv(input, stride);
  const numerator = plus(input, begin + end - extent + stride);
  if (!attrs.ceilMode || attrs.autoPad === "valid") return dimFloorDiv(numerator, stride);
  const size = dimCeilDiv(numerator, stride);
  if (typeof size === "string" || typeof input === "string") return size;
  return (size - 1) * stride >= input + begin ? size - 1 : size;
}

/**
 * Output sizes of a window that slides over `input` (spatial dimensions only; symbols give expressions).
 * Throws ShapeError when the lists do not fit or the window is larger than the padded input.
 */
export function windowShape(input: Shape, kernel: readonly number[], attrs: WindowAttrs): Shape {
  checkWindow(kernel, attrs);
  return input.map((dim, i) => {
    const axis = axisOf(i, kernel, attrs);
    const size = outputDim(dim, axis, attrs);
    if (typeof size === "string" || typeof dim === "string" || size > 0) return size;
    if (dim === 0) return 0;
    throw new ShapeError(
      `window of ${axis.extent} (kernel ${kernel[i]}, dilation ${attrs.dilations[i]}) on spatial dimension ${i} of ${dim} padded to ${dim + axis.begin + axis.end}; expected a window that fits.`,
    );
  });
}

function samePads(input: number, output: number, axis: Axis, isUpper: boolean): readonly [number, number] {
  const total = Math.max(0, (output - 1) * axis.stride + axis.extent - input);
  const small = Math.floor(total / 2);
  return isUpper ? [small, total - small] : [total - small, small];
}

/**
 * autoPad and ceilMode made explicit, for static spatial dimensions. Kernels that use this need to know only
 * `pads` and `output`; a window may still run past the end padding where ceilMode rounded up. Throws ShapeError.
 */
export function resolveWindow(
  input: readonly number[],
  kernel: readonly number[],
  attrs: WindowAttrs,
): ResolvedWindow {
  const output = windowShape(input, kernel, attrs) as readonly number[];
  const pairs = input.map((size, i): readonly [number, number] => {
    const axis = axisOf(i, kernel, attrs);
    if (attrs.autoPad === "none" || attrs.autoPad === "valid") return [axis.begin, axis.end];
    return samePads(size, output[i]!, axis, attrs.autoPad === "sameUpper");
  });
  return { pads: [...pairs.map(([begin]) => begin), ...pairs.map(([, end]) => end)], output };
}
