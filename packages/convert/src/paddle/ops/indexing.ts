import { ops, Tensor, type Value } from "@coracle/core";
import type { Convert, PaddleContext, Results } from "../context.ts";
import { axisOf, dtypeAttribute } from "./attributes.ts";
import {
  asIndices,
  castTo,
  positive,
  rankOf,
  reshapeTo,
  squeeze as squeezeAxes,
  unsqueeze as unsqueezeAxes,
} from "./common.ts";

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
export const indexing: Readonly<Record<string, Convert>> = {
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
