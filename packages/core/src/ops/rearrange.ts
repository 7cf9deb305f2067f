import { DataError, ShapeError } from "../errors.ts";
import { toNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { dimFloorDiv, dimMul, formatShape, normalizeAxis, rowMajorStrides } from "../ir/shape.ts";
import { ints, Tensor, type TensorType } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs, checkRank } from "./shared/check.ts";
import { takeElements, takeStrided, withShape } from "./shared/gather-data.ts";
import { forEachLane, lanesOf } from "./shared/lanes.ts";

export interface BlockAttrs {
  readonly blockSize: number;
}
export interface DepthToSpaceAttrs extends BlockAttrs {
  readonly mode: "DCR" | "CRD";
}

function checkDivides(type: TensorType, axis: number, divisor: number): void {
  if (!(divisor > 0)) throw new ShapeError(`blockSize gives blocks of ${divisor}; expected at least 1.`);
  const dim = type.shape[axis]!;
  if (typeof dim === "number" && dim % divisor !== 0) {
    throw new ShapeError(
      `x ${formatShape(type.shape)}; expected axis ${axis} to be a multiple of ${divisor}.`,
    );
  }
}

/** View `x` as `dims`, transpose by `perm`, give it `shape`. */
function permuted(
  x: Tensor,
  dims: readonly number[],
  perm: readonly number[],
  shape: readonly number[],
): Tensor {
  const strides = rowMajorStrides(dims);
  const walk = { shape: perm.map((axis) => dims[axis]!), strides: perm.map((axis) => strides[axis]!) };
  return takeStrided(x, walk, shape);
}

/** x [N,C,H,W] -> [N,C/b^2,H*b,W*b]. */
export const depthToSpace: Op<DepthToSpaceAttrs> = defineOp({
  name: "depthToSpace",
  accuracy: "exact",
  infer(inputs, { blockSize }) {
    checkInputs(inputs, 1);
    checkRank(inputs[0]!, 4, 4, "x");
    checkDivides(inputs[0]!, 1, blockSize * blockSize);
    const [n, c, h, w] = inputs[0]!.shape;
    return [
      withShape(inputs[0]!, [
        n!,
        dimFloorDiv(c!, blockSize * blockSize),
        dimMul(h!, blockSize),
        dimMul(w!, blockSize),
      ]),
    ];
  },
  reference([x], { blockSize: b, mode }) {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const depth = c / (b * b);
    const shape = [n, depth, h * b, w * b];
    return mode === "DCR"
      ? [permuted(x!, [n, b, b, depth, h, w], [0, 3, 4, 1, 5, 2], shape)]
      : [permuted(x!, [n, depth, b, b, h, w], [0, 1, 4, 2, 5, 3], shape)];
  },
});

/** x [N,C,H,W] -> [N,C*b^2,H/b,W/b]. */
export const spaceToDepth: Op<BlockAttrs> = defineOp({
  name: "spaceToDepth",
  accuracy: "exact",
  infer(inputs, { blockSize }) {
    checkInputs(inputs, 1);
    checkRank(inputs[0]!, 4, 4, "x");
    checkDivides(inputs[0]!, 2, blockSize);
    checkDivides(inputs[0]!, 3, blockSize);
    const [n, c, h, w] = inputs[0]!.shape;
    return [
      withShape(inputs[0]!, [
        n!,
        dimMul(c!, blockSize * blockSize),
        dimFloorDiv(h!, blockSize),
        dimFloorDiv(w!, blockSize),
      ]),
    ];
  },
  reference([x], { blockSize: b }) {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    return [permuted(x!, [n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4], [n, c * b * b, h / b, w / b])];
  },
});

export interface ReverseSequenceAttrs {
  readonly batchAxis: number;
  readonly timeAxis: number;
}

/** x, lengths i64 [batch] -> the first lengths[b] time steps of each batch entry reversed. */
export const reverseSequence: Op<ReverseSequenceAttrs> = defineOp({
  name: "reverseSequence",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 2);
    checkRank(inputs[0]!, 2, Number.POSITIVE_INFINITY, "x");
    return [withShape(inputs[0]!, inputs[0]!.shape)];
  },
  reference([x, lengths], { batchAxis, timeAxis }) {
    const { shape } = x!;
    const [batch, time] = [normalizeAxis(batchAxis, shape.length), normalizeAxis(timeAxis, shape.length)];
    const strides = rowMajorStrides(shape);
    const counts = ints(lengths!);
    const wrong = counts.find((count) => !(count >= 0 && count <= shape[time]!));
    if (wrong !== undefined || counts.length !== shape[batch]) {
      throw new DataError(`lengths [${counts}]; expected ${shape[batch]} of 0 to ${shape[time]}.`);
    }
    const offsets = new Float64Array(x!.data.length);
    for (let i = 0; i < offsets.length; i++) {
      const count = counts[Math.floor(i / strides[batch]!) % shape[batch]!]!;
      const at = Math.floor(i / strides[time]!) % shape[time]!;
      offsets[i] = at < count ? i + (count - 1 - 2 * at) * strides[time]! : i;
    }
    return [takeElements(x!, shape, offsets)];
  },
});

export interface TriluAttrs {
  readonly upper: boolean;
}

/** x [...,M,N], k scalar -> the upper or lower triangle from the k-th diagonal, zeros elsewhere. */
export const trilu: Op<TriluAttrs> = defineOp({
  name: "trilu",
  accuracy: "exact",
  infer(inputs) {
    checkInputs(inputs, 2);
    checkRank(inputs[0]!, 2, Number.POSITIVE_INFINITY, "x");
    return [withShape(inputs[0]!, inputs[0]!.shape)];
  },
  reference([x, diagonal], { upper }) {
    const k = toNumbers(diagonal!)[0]!;
    const [rows, columns] = x!.shape.slice(-2) as [number, number];
    const out = allocate(x!.dtype, x!.shape) as Float64Array;
    const data = x!.data as Float64Array;
    for (let i = 0; i < out.length; i++) {
      const distance = (i % columns) - (Math.floor(i / columns) % rows);
      if (upper ? distance >= k : distance <= k) out[i] = data[i]!;
    }
    return [Tensor.from(x!.dtype, x!.shape, out)];
  },
});

export interface CompressAttrs {
  /** Absent: over the flattened x. */
  readonly axis?: number;
}

/** x, condition bool [k] -> the slices (or elements) whose condition is true. */
export const compress: Op<CompressAttrs> = defineOp({
  name: "compress",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { axis }) {
    checkInputs(inputs, 2);
    checkDType(inputs[1]!, ["bool"], "condition");
    const { shape } = inputs[0]!;
    const at = axis === undefined ? undefined : normalizeAxis(axis, shape.length);
    return [
      withShape(inputs[0]!, at === undefined ? ["?n"] : shape.map((dim, i) => (i === at ? "?n" : dim))),
    ];
  },
  reference([x, condition], { axis }) {
    const dims = axis === undefined ? [x!.data.length] : x!.shape;
    const at = axis === undefined ? 0 : normalizeAxis(axis, dims.length);
    const lanes = lanesOf(dims, at);
    const kept: number[] = [];
    condition!.data.forEach((flag: number | bigint, i: number) => {
      if (flag && i < lanes.length) kept.push(i);
    });
    const shape = dims.map((dim, i) => (i === at ? kept.length : dim));
    const out = allocate(x!.dtype, shape) as Float64Array;
    const data = x!.data as Float64Array;
    forEachLane(lanes, (start, lane) => {
      const to = Math.floor(lane / lanes.inner) * kept.length * lanes.inner + (lane % lanes.inner);
      kept.forEach((index, i) => {
        out[to + i * lanes.inner] = data[start + index * lanes.inner]!;
      });
    });
    return [Tensor.from(x!.dtype, shape, out)];
  },
});
