import { ops, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";
import { asInt64, intsInput, lengthOf, range, rankOf, reshape, scalarLike } from "./common.ts";

export function Reshape(context: OnnxContext): readonly Value[] {
  const shape = intsInput(context, 1, "shape") ?? context.fail("shape is absent", "it to be given");
  const allowZero = context.attributes.int("allowzero", 0) !== 0;
  return [context.emit(ops.reshape, { allowZero }, [context.input(0), shape])];
}

export function Flatten(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.flatten, { axis: context.attributes.int("axis", 1) }, [context.input(0)])];
}

export function Squeeze(context: OnnxContext): readonly Value[] {
  const axes = intsInput(context, 1, "axes");
  const x = context.input(0);
  return [context.emit(ops.squeeze, {}, axes ? [x, axes] : [x])];
}

export function Unsqueeze(context: OnnxContext): readonly Value[] {
  const axes = intsInput(context, 1, "axes") ?? context.fail("axes are absent", "them to be given");
  const list = rankOf(axes) === 0 ? reshape(context, axes, context.ints([1])) : axes;
  return [context.emit(ops.unsqueeze, {}, [context.input(0), list])];
}

export function Transpose(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const perm = context.attributes.ints("perm") ?? [...range(rankOf(x))].reverse();
  return [context.emit(ops.transpose, { perm: [...perm] }, [x])];
}

export function Concat(context: OnnxContext): readonly Value[] {
  const axis = context.opset < 4 ? context.attributes.int("axis", 1) : context.requiredInt("axis");
  return [context.emit(ops.concat, { axis }, context.all())];
}

export function Split(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const sizes = intsInput(context, 1, "split");
  const numOutputs = context.outputs.length;
  const asked = context.attributes.int("num_outputs", numOutputs);
  if (asked !== numOutputs) context.fail(`num_outputs ${asked}`, `${numOutputs}, the number of outputs`);
  const attrs = { axis: context.attributes.int("axis", 0), numOutputs };
  return context.emitAll(ops.split, attrs, sizes ? [x, sizes] : [x]);
}

export function Slice(context: OnnxContext): readonly Value[] {
  const starts = intsInput(context, 1, "starts") ?? context.fail("starts are absent", "them to be given");
  const ends = intsInput(context, 2, "ends") ?? context.fail("ends are absent", "them to be given");
  const count = lengthOf(context, starts, "starts");
  const axes = intsInput(context, 3, "axes") ?? context.ints(range(count));
  const steps = context.optional(4);
  const step = steps ? asInt64(context, steps) : context.ints(new Array<number>(count).fill(1));
  return [context.emit(ops.slice, {}, [context.input(0), starts, ends, axes, step])];
}

export function Gather(context: OnnxContext): readonly Value[] {
  const attrs = { axis: context.attributes.int("axis", 0) };
  return [context.emit(ops.gather, attrs, [context.input(0), asInt64(context, context.input(1))])];
}

export function GatherElements(context: OnnxContext): readonly Value[] {
  const attrs = { axis: context.attributes.int("axis", 0) };
  return [context.emit(ops.gatherElements, attrs, [context.input(0), asInt64(context, context.input(1))])];
}

export function GatherND(context: OnnxContext): readonly Value[] {
  const attrs = { batchDims: context.attributes.int("batch_dims", 0) };
  return [context.emit(ops.gatherND, attrs, [context.input(0), context.input(1)])];
}

const reductions = ["none", "add", "mul", "max", "min"] as const;

function reductionOf(context: OnnxContext): (typeof reductions)[number] {
  const text = context.attributes.string("reduction", "none");
  return (
    reductions.find((name) => name === text) ?? context.fail(`reduction "${text}"`, reductions.join(", "))
  );
}

export function ScatterElements(context: OnnxContext): readonly Value[] {
  const attrs = { axis: context.attributes.int("axis", 0), reduction: reductionOf(context) };
  const indices = asInt64(context, context.input(1));
  return [context.emit(ops.scatterElements, attrs, [context.input(0), indices, context.input(2)])];
}

export const Scatter: (context: OnnxContext) => readonly Value[] = ScatterElements;

export function ScatterND(context: OnnxContext): readonly Value[] {
  const inputs = [context.input(0), context.input(1), context.input(2)];
  return [context.emit(ops.scatterND, { reduction: reductionOf(context) }, inputs)];
}

export function Expand(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.expand, {}, [context.input(0), context.input(1)])];
}

/** Opset 1 repeats one axis: inputs (x, tiles, axis). */
export function Tile(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  if (context.opset >= 6) return [context.emit(ops.tile, {}, [x, asInt64(context, context.input(1))])];
  const axis = context.input(2).data ?? context.fail("axis is computed", "a constant");
  const at = Number(axis.data[0]);
  const tiles = reshape(context, asInt64(context, context.input(1)), context.ints([1]));
  const ones = context.ints(new Array<number>(rankOf(x)).fill(1));
  const repeats = context.emit(ops.scatterElements, { axis: 0, reduction: "none" }, [
    ones,
    context.ints([at]),
    tiles,
  ]);
  return [context.emit(ops.tile, {}, [x, repeats])];
}

const padModes = ["constant", "reflect", "edge", "wrap"] as const;

export function Pad(context: OnnxContext): readonly Value[] {
  const x = context.input(0);
  const text = context.attributes.string("mode", "constant");
  const mode = padModes.find((name) => name === text) ?? context.fail(`mode "${text}"`, padModes.join(", "));
  const attribute = context.opset < 2 ? "paddings" : "pads";
  const pads = intsInput(context, 1, attribute) ?? context.fail("pads are absent", "them to be given");
  const value = context.optional(2) ?? scalarLike(context, x, context.attributes.float("value", 0));
  const scalar = rankOf(value) === 0 ? value : reshape(context, value, context.ints([]));
  const axes = context.optional(3);
  const where = axes ? asInt64(context, axes) : context.ints(range(rankOf(x)));
  return [context.emit(ops.pad, { mode }, [x, pads, scalar, where])];
}

export function DepthToSpace(context: OnnxContext): readonly Value[] {
  const text = context.attributes.string("mode", "DCR");
  if (text !== "DCR" && text !== "CRD") context.fail(`mode "${text}"`, "DCR or CRD");
  const attrs = { blockSize: context.requiredInt("blocksize"), mode: text as "DCR" | "CRD" };
  return [context.emit(ops.depthToSpace, attrs, [context.input(0)])];
}

export function SpaceToDepth(context: OnnxContext): readonly Value[] {
  return [
    context.emit(ops.spaceToDepth, { blockSize: context.requiredInt("blocksize") }, [context.input(0)]),
  ];
}

export function ReverseSequence(context: OnnxContext): readonly Value[] {
  const attrs = {
    batchAxis: context.attributes.int("batch_axis", 1),
    timeAxis: context.attributes.int("time_axis", 0),
  };
  return [context.emit(ops.reverseSequence, attrs, [context.input(0), asInt64(context, context.input(1))])];
}

export function Trilu(context: OnnxContext): readonly Value[] {
  const k = context.optional(1) ?? context.scalar("i64", 0);
  const scalar = rankOf(k) === 0 ? k : reshape(context, k, context.ints([]));
  return [
    context.emit(ops.trilu, { upper: context.attributes.int("upper", 1) !== 0 }, [context.input(0), scalar]),
  ];
}

export function Compress(context: OnnxContext): readonly Value[] {
  const attrs = context.attributes.has("axis") ? { axis: context.attributes.int("axis", 0) } : {};
  return [context.emit(ops.compress, attrs, [context.input(0), context.input(1)])];
}

export function Unique(context: OnnxContext): readonly Value[] {
  const sorted = context.attributes.int("sorted", 1) !== 0;
  const axis = context.attributes.has("axis") ? { axis: context.attributes.int("axis", 0) } : {};
  return context.emitAll(ops.unique, { sorted, ...axis }, [context.input(0)]);
}

export function TensorScatter(context: OnnxContext): readonly Value[] {
  const [past, update, indices] = [context.input(0), context.input(1), context.optional(2)];
  const text = context.attributes.string("mode", "linear");
  if (text !== "linear" && text !== "circular") context.fail(`mode "${text}"`, "linear or circular");
  const attrs = { axis: context.attributes.int("axis", -2), mode: text as "linear" | "circular" };
  return [context.emit(ops.tensorScatter, attrs, indices ? [past, update, indices] : [past, update])];
}
