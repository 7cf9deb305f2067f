import { type DType, ops, Tensor, type Value } from "@coracle/core";
import { scalarTensor } from "../../onnx/context.ts";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { dtypeOf } from "../dtype.ts";
import {
  asIndices,
  castTo,
  concat as concatAll,
  indicesFrom,
  known,
  positive,
  rankOf,
  reshapeTo,
  shapeOf,
  sliceAxis,
  squeeze as squeezeAxes,
  unsqueeze as unsqueezeAxes,
} from "./common.ts";

const toEnd = 2 ** 31 - 1;

const reshape: Convert = (c) => {
  const shape = indicesFrom(c, { list: "ShapeTensor", tensor: "Shape", attribute: "shape" });
  if (!shape) return c.fail("no shape", "one");
  return { Out: c.emit(ops.reshape, { allowZero: false }, [c.input("X"), shape]) };
};

const transpose: Convert = (c) => {
  const x = c.input("X");
  const perm = c.ints("axis") ?? c.fail("no axis", "a permutation");
  return { Out: c.emit(ops.transpose, { perm: perm.map((axis) => positive(axis, rankOf(x))) }, [x]) };
};

const flatten: Convert = (c) => ({ Out: c.emit(ops.flatten, { axis: c.int("axis", 1) }, [c.input("X")]) });

const flattenRange: Convert = (c) => {
  const x = c.input("X");
  const rank = rankOf(x);
  if (rank === 0) return { Out: reshapeTo(c, x, [1]) };
  const start = positive(c.int("start_axis", 1), rank);
  const stop = positive(c.int("stop_axis", 1), rank);
  const before = Array.from({ length: start }, () => 0);
  const after = x.type.shape.slice(stop + 1);
  if (after.every((dim) => typeof dim === "number"))
    return { Out: reshapeTo(c, x, [...before, -1, ...after]) };
  const tail = c.emit(ops.shapeOf, { start: stop + 1, end: rank }, [x]);
  const shape = concatAll(c, [c.indices([...before, -1]), tail], 0);
  return { Out: c.emit(ops.reshape, { allowZero: false }, [x, shape]) };
};

const squeeze: Convert = (c) => {
  const x = c.input("X");
  const axes = (c.ints("axes") ?? []).map((axis) => positive(axis, rankOf(x)));
  const ones = (axes.length > 0 ? axes : x.type.shape.map((_, i) => i)).filter(
    (axis) => x.type.shape[axis] === 1,
  );
  return { Out: squeezeAxes(c, x, ones) };
};

const unsqueeze: Convert = (c) => {
  const axes = indicesFrom(c, { list: "AxesTensorList", tensor: "AxesTensor", attribute: "axes" });
  if (!axes) return c.fail("no axes", "some");
  return { Out: c.emit(ops.unsqueeze, {}, [c.input("X"), axes]) };
};

/** An axis that must be known before a run: a constant tensor or an attribute. */
function axisOf(c: PaddleContext, tensor: string, otherwise: number): number {
  const given = c.optional(tensor);
  return given ? known(c, given, "axis")[0]! : c.int("axis", otherwise);
}

const concat: Convert = (c) => {
  const xs = c.list("X");
  if (xs.length === 0) return c.fail("0 inputs", "at least 1");
  return { Out: concatAll(c, xs, positive(axisOf(c, "AxisTensor", 0), rankOf(xs[0]!))) };
};

const split: Convert = (c): Results => {
  const x = c.input("X");
  const axis = positive(axisOf(c, "AxisTensor", 0), rankOf(x));
  const numOutputs = c.numOutputs("Out");
  const sections = c.ints("sections") ?? [];
  if (sections.length === 0) return { Out: c.emitAll(ops.split, { axis, numOutputs }, [x]) };
  const length = x.type.shape[axis];
  const rest = sections.filter((size) => size >= 0).reduce((a, b) => a + b, 0);
  if (sections.includes(-1) && typeof length !== "number")
    c.fail("a section of -1 of an open size", "all sections");
  const sizes = sections.map((size) => (size < 0 ? Number(length) - rest : size));
  return { Out: c.emitAll(ops.split, { axis, numOutputs }, [x, c.indices(sizes)]) };
};

const stack: Convert = (c) => {
  const xs = c.list("X");
  const axis = positive(c.int("axis", 0), rankOf(xs[0] ?? c.fail("0 inputs", "at least 1")) + 1);
  return {
    Y: concatAll(
      c,
      xs.map((x) => unsqueezeAxes(c, x, [axis])),
      axis,
    ),
  };
};

function unstacked(c: PaddleContext, x: Value, numOutputs: number): readonly Value[] {
  const axis = positive(c.int("axis", 0), rankOf(x));
  const parts = numOutputs === 1 ? [x] : c.emitAll(ops.split, { axis, numOutputs }, [x]);
  return parts.map((part) => squeezeAxes(c, part, [axis]));
}

const unstack: Convert = (c) => ({ Y: unstacked(c, c.input("X"), c.numOutputs("Y")) });
const unbind: Convert = (c) => ({ Out: unstacked(c, c.input("X"), c.numOutputs("Out")) });

/** Steps of 1 unless given; `decrease_axis` are dropped from the result. */
const slice: Convert = (c) => {
  const x = c.input("Input");
  const axes = c.ints("axes") ?? c.fail("no axes", "some");
  const starts = indicesFrom(c, { list: "StartsTensorList", tensor: "StartsTensor", attribute: "starts" });
  const ends = indicesFrom(c, { list: "EndsTensorList", tensor: "EndsTensor", attribute: "ends" });
  const steps = indicesFrom(c, { list: "StridesTensorList", tensor: "StridesTensor", attribute: "strides" });
  if (!starts || !ends) return c.fail("no starts or ends", "both");
  const bounds = [starts, ends, c.indices(axes), steps ?? c.indices(axes.map(() => 1))];
  const part = c.emit(ops.slice, {}, [x, ...bounds]);
  const dropped = c.ints("decrease_axis") ?? [];
  if (dropped.length === rankOf(x)) return { Out: reshapeTo(c, part, [1]) };
  return { Out: squeezeAxes(c, part, dropped) };
};

/** -1 keeps the input's size; aligned at the last dimension. */
const expandV2: Convert = (c) => {
  const x = c.input("X");
  const given = indicesFrom(c, { list: "expand_shapes_tensor", tensor: "Shape", attribute: "shape" });
  if (!given) return c.fail("no shape", "one");
  const sizes = given.data && known(c, given, "shape").map((size) => Math.max(1, size));
  const shape = sizes ? c.indices(sizes) : given;
  return { Out: c.emit(ops.expand, {}, [x, shape]) };
};

const tile =
  (list: string, tensor: string, attribute: string): Convert =>
  (c) => {
    const x = c.input("X");
    const repeats = indicesFrom(c, { list, tensor, attribute });
    if (!repeats) return c.fail(`no ${attribute}`, "some");
    const missing = rankOf(x) - Number(repeats.type.shape[0]);
    const full =
      missing > 0 ? concatAll(c, [c.indices(new Array<number>(missing).fill(1)), repeats], 0) : repeats;
    const wide =
      missing < 0
        ? unsqueezeAxes(
            c,
            x,
            Array.from({ length: -missing }, (_, i) => i),
          )
        : x;
    return { Out: c.emit(ops.tile, {}, [wide, full]) };
  };

const expandAs: Convert = (c) => {
  const target = c.optional("Y") ?? c.optional("target_tensor");
  const shape = target ? shapeOf(c, target) : c.indices(c.ints("target_shape") ?? c.fail("no target", "one"));
  return { Out: c.emit(ops.expand, {}, [c.input("X"), shape]) };
};

const gather: Convert = (c) => {
  const x = c.input("X");
  const axis = positive(axisOf(c, "Axis", 0), rankOf(x));
  return { Out: c.emit(ops.gather, { axis }, [x, asIndices(c, c.input("Index"))]) };
};

const indexSelect: Convert = (c) => {
  const x = c.input("X");
  return {
    Out: c.emit(ops.gather, { axis: positive(c.int("dim", 0), rankOf(x)) }, [
      x,
      asIndices(c, c.input("Index")),
    ]),
  };
};

const gatherNd: Convert = (c) => ({
  Out: c.emit(ops.gatherND, { batchDims: 0 }, [c.input("X"), castTo(c, c.input("Index"), "i64")]),
});

const takeAlongAxis: Convert = (c) => {
  const x = c.input("Input");
  const axis = positive(c.int("Axis", 0), rankOf(x));
  return { Result: c.emit(ops.gatherElements, { axis }, [x, castTo(c, c.input("Index"), "i64")]) };
};

const scatter: Convert = (c) => {
  const x = c.input("X");
  const rows = unsqueezeAxes(c, asIndices(c, c.input("Ids")), [1]);
  const updates = c.input("Updates");
  if (c.bool("overwrite", true))
    return { Out: c.emit(ops.scatterND, { reduction: "none" }, [x, rows, updates]) };
  const zeros = c.emit(ops.mul, {}, [updates, c.scalarLike(updates, 0)]);
  const cleared = c.emit(ops.scatterND, { reduction: "none" }, [x, rows, zeros]);
  return { Out: c.emit(ops.scatterND, { reduction: "add" }, [cleared, rows, updates]) };
};

const scatterNdAdd: Convert = (c) => ({
  Out: c.emit(ops.scatterND, { reduction: "add" }, [
    c.input("X"),
    castTo(c, c.input("Index"), "i64"),
    c.input("Updates"),
  ]),
});

/** Rows of W; those of `padding_idx` are zeros. */
function lookup(c: PaddleContext, ids: Value): Results {
  const w = c.input("W");
  const rows = c.emit(ops.gather, { axis: 0 }, [w, castTo(c, ids, "i64")]);
  const padding = c.int("padding_idx", -1);
  if (padding < 0) return { Out: rows };
  const isPadding = c.emit(ops.equal, {}, [castTo(c, ids, "i64"), c.scalar("i64", padding)]);
  return {
    Out: c.emit(ops.where, {}, [unsqueezeAxes(c, isPadding, [rankOf(ids)]), c.scalarLike(w, 0), rows]),
  };
}

const lookupTable: Convert = (c) => {
  const ids = c.input("Ids");
  return lookup(c, squeezeAxes(c, ids, [rankOf(ids) - 1]));
};

const lookupTableV2: Convert = (c) => lookup(c, c.input("Ids"));

function oneHotOf(c: PaddleContext, ids: Value): Value {
  const depth = c.optional("depth_tensor");
  const size = depth ? asIndices(c, depth) : c.indices([c.int("depth", 1)]);
  const values = c.constant(Tensor.from("f32", [2], new Float32Array([0, 1])));
  return c.emit(ops.oneHot, { axis: -1 }, [castTo(c, ids, "i64"), size, values]);
}

const oneHot: Convert = (c) => ({
  Out: oneHotOf(c, squeezeAxes(c, c.input("X"), [rankOf(c.input("X")) - 1])),
});
const oneHotV2: Convert = (c) => ({ Out: oneHotOf(c, c.input("X")) });

function dtypeAttribute(c: PaddleContext, name: string, otherwise: DType): DType {
  const number = c.int(name, -1);
  return number < 0 ? otherwise : dtypeOf(number, `${c.op.type} "${c.name}"`);
}

/** `str_value` is exact where `value` is a 32-bit float. */
const fillConstant: Convert = (c) => {
  const dtype = dtypeAttribute(c, "dtype", "f32");
  const text = c.string("str_value", "");
  const number = text === "" ? c.float("value", 0) : Number(text.replace(/^(-?)inf.*$/i, "$1Infinity"));
  const shape =
    indicesFrom(c, { list: "ShapeTensorList", tensor: "ShapeTensor", attribute: "shape" }) ?? c.indices([]);
  const given = c.optional("ValueTensor");
  if (given) return { Out: c.emit(ops.expand, {}, [castTo(c, given, dtype), shape]) };
  return { Out: c.emit(ops.fill, { value: scalarTensor(dtype, number, [1]) }, [shape]) };
};

const fillLike =
  (value: (c: PaddleContext) => number): Convert =>
  (c) => {
    const x = c.input("X");
    const dtype = dtypeAttribute(c, "dtype", x.type.dtype);
    return { Out: c.emit(ops.fill, { value: scalarTensor(dtype, value(c), [1]) }, [shapeOf(c, x)]) };
  };

const fillBatchLike: Convert = (c) => {
  const dtype = dtypeAttribute(c, "dtype", "f32");
  const at = c.int("output_dim_idx", 0);
  const from = c.int("input_dim_idx", 0);
  const shape = c.ints("shape") ?? [];
  const batch = c.emit(ops.shapeOf, { start: from, end: from + 1 }, [c.input("Input")]);
  const parts = [shape.slice(0, at), shape.slice(at + 1)].map((part) => c.indices(part));
  const full = concatAll(c, [parts[0]!, batch, parts[1]!], 0);
  return { Out: c.emit(ops.fill, { value: scalarTensor(dtype, c.float("value", 0), [1]) }, [full]) };
};

const assignValue: Convert = (c) => {
  const dtype = dtypeAttribute(c, "dtype", "f32");
  const shape = c.ints("shape") ?? [];
  const names = [
    "values",
    "fp32_values",
    "int32_values",
    "int64_values",
    "fp64_values",
    "int8_values",
    "bool_values",
  ];
  const values = names
    .map((name) => c.op.attributes.get(name))
    .find((value) => Array.isArray(value) && value.length > 0);
  const numbers = ((values as readonly (number | boolean)[] | undefined) ?? []).map(Number);
  return { Out: c.constant(Tensor.from(dtype, shape, numbers)) };
};

const cast: Convert = (c) => {
  const x = c.input("X");
  return { Out: castTo(c, x, dtypeAttribute(c, "out_dtype", x.type.dtype)) };
};

const shape: Convert = (c) => ({ Out: castTo(c, shapeOf(c, c.input("Input")), "i32") });

const range: Convert = (c) => {
  const scalarOf = (slot: string): Value => reshapeTo(c, c.input(slot), []);
  return { Out: c.emit(ops.range, {}, [scalarOf("Start"), scalarOf("End"), scalarOf("Step")]) };
};

const increment: Convert = (c) => {
  const x = c.input("X");
  return { Out: c.emit(ops.add, {}, [x, c.scalarLike(x, c.float("step", 1))]) };
};

const flip: Convert = (c) => {
  const x = c.input("X");
  const axes = (c.ints("axis") ?? []).map((axis) => positive(axis, rankOf(x)));
  const of = (value: number): Value => c.indices(axes.map(() => value));
  return { Out: c.emit(ops.slice, {}, [x, of(toEnd), of(-toEnd), c.indices(axes), of(-1)]) };
};

const roll: Convert = (c) => {
  const shifts = c.ints("shifts") ?? [];
  const x = c.input("X");
  const axes = c.ints("axis") ?? [];
  if (axes.length !== shifts.length)
    return c.fail(`${shifts.length} shifts of ${axes.length} axes`, "one for each");
  const rolled = axes.reduce((value, given, i) => {
    const axis = positive(given, rankOf(value));
    const by = shifts[i]!;
    if (by === 0) return value;
    const tail = sliceAxis(c, value, axis, [-by, toEnd]);
    return concatAll(c, [tail, sliceAxis(c, value, axis, [0, -by])], axis);
  }, x);
  return { Out: rolled };
};

/** [top, bottom, left, right] of the last two axes. */
const pad2d: Convert = (c) => {
  const x = c.input("X");
  const given = c.optional("Paddings");
  const [top, bottom, left, right] = given
    ? known(c, given, "paddings")
    : (c.ints("paddings") ?? [0, 0, 0, 0]);
  return {
    Out: padded(c, x, { before: [top!, left!], after: [bottom!, right!], value: c.float("pad_value", 0) }),
  };
};

/** [left, right, top, bottom, front, back]. */
const pad3d: Convert = (c) => {
  const x = c.input("X");
  const given = c.optional("Paddings");
  const p = given ? known(c, given, "paddings") : (c.ints("paddings") ?? []);
  const numAxes = rankOf(x) - 2;
  const before = Array.from({ length: numAxes }, (_, i) => p[2 * (numAxes - 1 - i)] ?? 0);
  const after = Array.from({ length: numAxes }, (_, i) => p[2 * (numAxes - 1 - i) + 1] ?? 0);
  return { Out: padded(c, x, { before, after, value: c.float("value", 0) }) };
};

const padModes: Readonly<Record<string, "constant" | "reflect" | "edge" | "wrap">> = {
  constant: "constant",
  reflect: "reflect",
  edge: "edge",
  replicate: "edge",
  circular: "wrap",
};

interface Border {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}

function padded(c: PaddleContext, x: Value, { before, after, value }: Border): Value {
  const text = c.string("mode", "constant");
  const mode = padModes[text] ?? c.fail(`mode ${text}`, Object.keys(padModes).join(", "));
  const axes = before.map((_, i) => rankOf(x) - before.length + i);
  return c.emit(ops.pad, { mode }, [
    x,
    c.indices([...before, ...after]),
    c.scalarLike(x, value),
    c.indices(axes),
  ]);
}

const shuffleChannel: Convert = (c) => {
  const x = c.input("X");
  const groups = c.int("group", 1);
  const channels = x.type.shape[1];
  if (typeof channels !== "number") return c.fail("an open number of channels", "one that the file tells");
  const order = Array.from(
    { length: channels },
    (_, i) => (i % groups) * (channels / groups) + Math.floor(i / groups),
  );
  return { Out: c.emit(ops.gather, { axis: 1 }, [x, c.indices(order)]) };
};

const assign: Convert = (c) => ({ Out: c.input("X") });

const where: Convert = (c) => ({
  Out: c.emit(ops.where, {}, [c.input("Condition"), c.input("X"), c.input("Y")]),
});

const whereIndex: Convert = (c) => {
  const found = c.emit(ops.nonZero, {}, [c.input("Condition")]);
  return { Out: c.emit(ops.transpose, { perm: [1, 0] }, [found]) };
};

const argOf =
  (op: typeof ops.argMax): Convert =>
  (c) => {
    const x = c.input("X");
    const isFlat = c.bool("flatten", false);
    const axis = isFlat ? 0 : positive(c.int("axis", -1), rankOf(x));
    const keepDims = c.bool("keepdims", false);
    const found = c.emit(op, { axis, keepDims, selectLastIndex: false }, [
      isFlat ? reshapeTo(c, x, [-1]) : x,
    ]);
    return { Out: castTo(c, found, dtypeAttribute(c, "dtype", "i64")) };
  };

const topK: Convert = (c): Results => {
  const x = c.input("X");
  const given = c.optional("K");
  const k = given ? asIndices(c, given) : c.indices([c.int("k", 1)]);
  const axis = positive(c.int("axis", -1), rankOf(x));
  const [values, indices] = c.emitAll(ops.topK, { axis, largest: c.bool("largest", true), sorted: true }, [
    x,
    k,
  ]);
  return { Out: values!, Indices: indices! };
};

const argSort: Convert = (c): Results => {
  const x = c.input("X");
  const axis = positive(c.int("axis", -1), rankOf(x));
  const k = c.emit(ops.shapeOf, { start: axis, end: axis + 1 }, [x]);
  const attrs = { axis, largest: c.bool("descending", false), sorted: true };
  const [values, indices] = c.emitAll(ops.topK, attrs, [x, k]);
  return { Out: values!, Indices: indices! };
};

const cumSum: Convert = (c) => {
  const isFlat = c.bool("flatten", false);
  const x = isFlat ? reshapeTo(c, c.input("X"), [-1]) : c.input("X");
  const axis = c.scalar("i64", isFlat ? 0 : c.int("axis", -1));
  return {
    Out: c.emit(ops.cumSum, { exclusive: c.bool("exclusive", false), reverse: c.bool("reverse", false) }, [
      x,
      axis,
    ]),
  };
};

const triangle: Convert = (c) => {
  const attrs = { upper: !c.bool("lower", true) };
  return { Out: c.emit(ops.trilu, attrs, [c.input("X"), c.scalar("i64", c.int("diagonal", 0))]) };
};

export const movement: Readonly<Record<string, Convert>> = {
  reshape,
  reshape2: reshape,
  transpose,
  transpose2: transpose,
  flatten,
  flatten2: flatten,
  flatten_contiguous_range: flattenRange,
  squeeze,
  squeeze2: squeeze,
  unsqueeze,
  unsqueeze2: unsqueeze,
  concat,
  split,
  stack,
  unstack,
  unbind,
  slice,
  strided_slice: slice,
  expand: tile("expand_times_tensor", "ExpandTimes", "expand_times"),
  tile: tile("repeat_times_tensor", "RepeatTimes", "repeat_times"),
  expand_v2: expandV2,
  expand_as: expandAs,
  expand_as_v2: expandAs,
  gather,
  gather_nd: gatherNd,
  index_select: indexSelect,
  take_along_axis: takeAlongAxis,
  scatter,
  scatter_nd_add: scatterNdAdd,
  lookup_table: lookupTable,
  lookup_table_v2: lookupTableV2,
  one_hot: oneHot,
  one_hot_v2: oneHotV2,
  fill_constant: fillConstant,
  fill_any_like: fillLike((c) => c.float("value", 0)),
  fill_zeros_like: fillLike(() => 0),
  fill_constant_batch_size_like: fillBatchLike,
  assign_value: assignValue,
  cast,
  shape,
  range,
  increment,
  flip,
  roll,
  pad2d,
  pad3d,
  shuffle_channel: shuffleChannel,
  assign,
  where,
  where_index: whereIndex,
  arg_max: argOf(ops.argMax),
  arg_min: argOf(ops.argMin),
  top_k: topK,
  top_k_v2: topK,
  argsort: argSort,
  cumsum: cumSum,
  tril_triu: triangle,
};
