import { DataError } from "../../errors.ts";

/**
 * Sliding windows as taps: for one kernel position, a counter (the output of a convolution, the input of its
 * transpose) runs over a range, and the strided side is read or written at counter * stride + offset.
 */
export interface AxisTaps {
  readonly kernel: number;
  readonly stride: number;
  /** Per kernel position: the first and last counter whose strided index lies inside, and the index at counter 0. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly offset: Int32Array;
  /** Sizes of the side the counter runs over and of the strided side. */
  readonly counterSize: number;
  readonly stridedSize: number;
}

export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
}

const mostPositions = 2 ** 24;
const mostReach = 2 ** 31 - 1;

/** Throws DataError for windows of more than 2^24 positions or a reach beyond 32 bits. */
export function axisTaps(window: AxisWindow, counterSize: number, stridedSize: number): AxisTaps {
  const { kernel, stride, dilation, padBegin } = window;
  if (!(kernel <= mostPositions && kernel * dilation + padBegin + stride <= mostReach)) {
    throw new DataError(
      `kernel ${kernel}, dilation ${dilation}, stride ${stride}, pad ${padBegin}; expected at most ${mostPositions} ` +
        "positions that reach less than 2^31.",
    );
  }
  const first = new Int32Array(kernel);
  const last = new Int32Array(kernel);
  const offset = new Int32Array(kernel);
  for (let k = 0; k < kernel; k++) {
    offset[k] = k * dilation - padBegin;
    first[k] = Math.max(0, Math.ceil(-offset[k]! / stride));
    last[k] = Math.min(counterSize - 1, Math.floor((stridedSize - 1 - offset[k]!) / stride));
  }
  return { kernel, stride, first, last, offset, counterSize, stridedSize };
}

export type Taps = readonly [AxisTaps, AxisTaps, AxisTaps];

export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** Taps of 1 to 3 spatial dimensions, the missing ones in front as size 1. */
export function makeTaps(windows: Windows, counter: readonly number[], strided: readonly number[]): Taps {
  const unit = axisTaps({ kernel: 1, stride: 1, dilation: 1, padBegin: 0 }, 1, 1);
  const given = windows.kernel.map((kernel, i) =>
    axisTaps(
      { kernel, stride: windows.strides[i]!, dilation: windows.dilations[i]!, padBegin: windows.pads[i]! },
      counter[i]!,
      strided[i]!,
    ),
  );
  const positions = windows.kernel.reduce((product, kernel) => product * kernel, 1);
  if (positions > mostPositions) {
    throw new DataError(`kernel [${windows.kernel}]; expected at most ${mostPositions} positions.`);
  }
  return [...new Array<AxisTaps>(3 - given.length).fill(unit), ...given] as unknown as Taps;
}

/** The same windows over one long row, where every tap is the identity. */
export function flattenedTaps(taps: Taps): Taps {
  const isPoint = taps.every(
    ({ kernel, stride, offset, counterSize, stridedSize }) =>
      kernel === 1 && stride === 1 && offset[0] === 0 && counterSize === stridedSize,
  );
  if (!isPoint) return taps;
  const size = taps.reduce((product, { counterSize }) => product * counterSize, 1);
  return makeTaps({ kernel: [1], strides: [1], dilations: [1], pads: [0] }, [size], [size]);
}

/** One channel of a tensor. */
export interface Plane {
  readonly data: Float64Array;
  readonly at: number;
}

interface Rows {
  readonly counter: Plane;
  readonly strided: Plane;
  readonly isGather: boolean;
}

/**
 * counter[i] += weight * strided[i * stride + offset] for every tap; with `isScatter` the other way round:
 * strided[...] += weight * counter[i]. Weights [KD,KH,KW].
 */
export function addTaps(taps: Taps, weights: Plane, counter: Plane, strided: Plane, isScatter = false): void {
  const [d, h, w] = taps;
  const rows: Rows = { counter, strided, isGather: !isScatter };
  let tap = weights.at;
  for (let kd = 0; kd < d.kernel; kd++) {
    for (let kh = 0; kh < h.kernel; kh++) {
      for (let kw = 0; kw < w.kernel; kw++) {
        addTap(taps, [kd, kh, kw], weights.data[tap++]!, rows);
      }
    }
  }
}

function addTap(taps: Taps, position: readonly [number, number, number], weight: number, rows: Rows): void {
  const [d, h, w] = taps;
  const [kd, kh, kw] = position;
  const first = w.first[kw]!;
  const length = w.last[kw]! - first + 1;
  if (length <= 0) return;
  const start = first * w.stride + w.offset[kw]!;
  for (let id = d.first[kd]!; id <= d.last[kd]!; id++) {
    const stridedD = (id * d.stride + d.offset[kd]!) * h.stridedSize;
    for (let ih = h.first[kh]!; ih <= h.last[kh]!; ih++) {
      const stridedRow = (stridedD + ih * h.stride + h.offset[kh]!) * w.stridedSize;
      const strided = rows.strided.at + stridedRow + start;
      const counter = rows.counter.at + (id * h.counterSize + ih) * w.counterSize + first;
      if (rows.isGather) gatherRow(rows, counter, strided, { length, stride: w.stride, weight });
      else scatterRow(rows, counter, strided, { length, stride: w.stride, weight });
    }
  }
}

interface Row {
  readonly length: number;
  readonly stride: number;
  readonly weight: number;
}

function gatherRow({ counter, strided }: Rows, at: number, from: number, row: Row): void {
  const { length, stride, weight } = row;
  const target = counter.data;
  const source = strided.data;
  for (let i = 0, j = from; i < length; i++, j += stride) target[at + i]! += weight * source[j]!;
}

function scatterRow({ counter, strided }: Rows, at: number, to: number, row: Row): void {
  const { length, stride, weight } = row;
  const source = counter.data;
  const target = strided.data;
  for (let i = 0, j = to; i < length; i++, j += stride) target[j]! += weight * source[at + i]!;
}
