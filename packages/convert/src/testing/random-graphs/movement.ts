import { ops, Tensor } from "@coracle/core";
import { indices, type Maker, scalar } from "./elementwise.ts";
import type { Grower, Grown } from "./grower.ts";

const isFloat32 = ({ dtype }: Tensor): boolean => dtype === "f32";
const isImage = ({ dtype, shape }: Tensor): boolean => dtype === "f32" && shape.length === 4;
const hasAxes = ({ dtype, shape }: Tensor): boolean => dtype === "f32" && shape.length > 0;
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function shuffled(g: Grower, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = g.integer(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

const transpose: Maker = (g) => {
  const x = g.pick(hasAxes);
  return x && g.add(ops.transpose, { perm: shuffled(g, x.tensor.shape.length) }, [x]);
};

function factors(g: Grower, count: number): number[] {
  const shape: number[] = [];
  for (let rest = count; shape.length < 3; ) {
    const dim = g.choose([1, 2, 3, 4, 5, 7, 8, 16].filter((factor) => rest % factor === 0));
    shape.push(dim);
    rest /= dim;
    if (shape.length === 3) shape.push(rest);
  }
  return shape;
}

const reshape: Maker = (g) => {
  const x = g.pick();
  if (!x) return undefined;
  const { shape } = x.tensor;
  if (g.chance(0.3)) return g.add(ops.flatten, { axis: g.integer(0, shape.length) }, [x]);
  if (g.chance(0.3)) return g.add(ops.unsqueeze, {}, [x, indices([g.integer(0, shape.length)])]);
  return g.add(ops.reshape, { allowZero: false }, [x, indices(factors(g, product(shape)))]);
};

const concat: Maker = (g) => {
  const x = g.pick(hasAxes);
  if (!x) return undefined;
  const { shape } = x.tensor;
  const axis = g.integer(0, shape.length - 1);
  const other = g.pick(
    (tensor) =>
      isFloat32(tensor) &&
      tensor.shape.length === shape.length &&
      tensor.shape.every((dim, i) => i === axis || dim === shape[i]),
  );
  const made = shape.map((dim, i) => (i === axis ? g.integer(1, 5) : dim));
  const parts: (Grown | Tensor)[] = [x, other && g.chance(0.7) ? other : g.floats(made)];
  return g.add(ops.concat, { axis }, g.chance(0.3) ? [...parts, x] : parts);
};

const split: Maker = (g) => {
  const x = g.pick((tensor) => hasAxes(tensor) && Math.max(...tensor.shape) > 1);
  if (!x) return undefined;
  const { shape } = x.tensor;
  const axis = shape.indexOf(Math.max(...shape));
  const first = g.integer(1, shape[axis]! - 1);
  return g.add(ops.split, { axis, numOutputs: 2 }, [x, indices([first, shape[axis]! - first])]);
};

const slice: Maker = (g) => {
  const x = g.pick(hasAxes);
  if (!x) return undefined;
  const { shape } = x.tensor;
  const axis = g.integer(0, shape.length - 1);
  const size = shape[axis]!;
  const [a, b] = [g.integer(0, size - 1), g.integer(1, size)];
  const step = g.integer(1, 2);
  const range = g.chance(0.2) ? [size - 1, -size - 1, -step] : [Math.min(a, b - 1), Math.max(a + 1, b), step];
  return g.add(ops.slice, {}, [
    x,
    ...[range[0]!, range[1]!, axis, range[2]!].map((value) => indices([value])),
  ]);
};

const gather: Maker = (g) => {
  const x = g.pick(hasAxes);
  if (!x) return undefined;
  const axis = g.integer(0, x.tensor.shape.length - 1);
  const size = x.tensor.shape[axis]!;
  const picks = Array.from({ length: g.integer(1, 4) }, () => g.integer(-size, size - 1));
  return g.add(ops.gather, { axis }, [x, g.chance(0.3) ? scalar(picks[0]!) : indices(picks)]);
};

const pad: Maker = (g) => {
  const x = g.pick(hasAxes);
  if (!x) return undefined;
  const axis = g.integer(0, x.tensor.shape.length - 1);
  const mode = g.choose(["constant", "edge", "reflect"] as const);
  const most = mode === "reflect" ? x.tensor.shape[axis]! - 1 : 2;
  const amounts = [g.integer(0, Math.min(most, 2)), g.integer(0, Math.min(most, 2))];
  return g.add(ops.pad, { mode }, [
    x,
    indices(amounts),
    Tensor.scalar("f32", mode === "constant" ? g.number(-1, 1) : 0),
    indices([axis]),
  ]);
};

const growth: Maker = (g) => {
  const x = g.pick((tensor) => hasAxes(tensor) && product(tensor.shape) < 2000);
  if (!x) return undefined;
  const { shape } = x.tensor;
  if (g.chance(0.5)) return g.add(ops.tile, {}, [x, indices(shape.map(() => g.integer(1, 2)))]);
  const target = shape.map((dim) => (dim === 1 ? g.integer(1, 4) : dim));
  return g.add(ops.expand, {}, [x, indices(g.chance(0.5) ? [2, ...target] : target)]);
};

const resize: Maker = (g) => {
  const x = g.pick(isImage);
  if (!x) return undefined;
  const [, , height, width] = x.tensor.shape as [number, number, number, number];
  const mode = g.choose(["nearest", "linear", "cubic"] as const);
  const attrs = {
    by: "sizes" as const,
    axes: [0, 1, 2, 3],
    mode,
    coordinateMode: g.choose(["halfPixel", "asymmetric", "alignCorners"] as const),
    nearestMode: g.choose(["floor", "ceil", "roundPreferFloor"] as const),
    cubicCoeffA: -0.75,
    excludeOutside: false,
    antialias: false,
    extrapolationValue: 0,
    keepAspectRatio: "stretch" as const,
  };
  const scale = (size: number): number =>
    mode === "nearest" ? size * g.integer(1, 2) : g.integer(1, 2 * size);
  const sizes = [...x.tensor.shape.slice(0, 2), scale(height), scale(width)];
  return g.add(ops.resize, attrs, [x, indices(sizes)]);
};

const blocks: Maker = (g) => {
  const x = g.pick(isImage);
  if (!x) return undefined;
  const [, channels, height, width] = x.tensor.shape as [number, number, number, number];
  if (channels % 4 === 0 && g.chance(0.5)) {
    return g.add(ops.depthToSpace, { blockSize: 2, mode: g.choose(["DCR", "CRD"] as const) }, [x]);
  }
  if (height % 2 !== 0 || width % 2 !== 0) return undefined;
  return g.add(ops.spaceToDepth, { blockSize: 2 }, [x]);
};

const triangle: Maker = (g) => {
  const x = g.pick((tensor) => isFloat32(tensor) && tensor.shape.length >= 2);
  return x && g.add(ops.trilu, { upper: g.chance(0.5) }, [x, scalar(g.integer(-2, 2))]);
};

const scatter: Maker = (g) => {
  const x = g.pick((tensor) => hasAxes(tensor) && tensor.shape.length <= 4);
  if (!x) return undefined;
  const { shape } = x.tensor;
  const rows = shuffled(g, shape[0]!).slice(0, g.integer(1, shape[0]!));
  const where = Tensor.from("i64", [rows.length, 1], BigInt64Array.from(rows, BigInt));
  return g.add(ops.scatterND, { reduction: "none" }, [x, where, g.floats([rows.length, ...shape.slice(1)])]);
};

export const movement: readonly Maker[] = [
  transpose,
  reshape,
  reshape,
  concat,
  split,
  slice,
  gather,
  pad,
  growth,
  resize,
  blocks,
  triangle,
  scatter,
];
