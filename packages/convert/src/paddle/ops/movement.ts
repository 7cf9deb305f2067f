import { ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { axisOf } from "./attributes.ts";
import {
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
  flip,
  roll,
  shuffle_channel: shuffleChannel,
  assign,
};
