import { ops, type Program, Tensor, type Value } from "@coracle/core";
import type { Layers } from "./layers.ts";

export interface LoopStart {
  readonly mostTrips: number;
  /** What each trip changes. */
  readonly carried: readonly Value[];
  /** What each trip reads. Constants need not be here. */
  readonly captures: readonly Value[];
}

/** What a trip sees: layers of the block, the number of the trip (i64), and inputs of the block. */
export interface Trip {
  readonly layers: Layers;
  readonly index: Value;
  readonly carried: readonly Value[];
  readonly captures: readonly Value[];
}

/** Of a trip; `isRunning` (bool) false ends the loop. */
export interface TripEnd {
  readonly isRunning: Value;
  readonly carried: readonly Value[];
}

/** The carried values after the last trip. */
export function loop(layers: Layers, start: LoopStart, trip: (trip: Trip) => TripEnd): readonly Value[] {
  const inner = layers.nested();
  const index = inner.input("trip", [], "i64");
  inner.input("running", [], "bool");
  const inside = (values: readonly Value[]): readonly Value[] =>
    values.map(({ name, type }) => inner.input(name, type.shape, type.dtype));
  const [carried, captures] = [inside(start.carried), inside(start.captures)];
  const end = trip({ layers: inner, index, carried, captures });
  const body: Program = inner.build([end.isRunning, ...end.carried]);
  const isRunning = layers.builder.constant(Tensor.scalar("bool", 1), "running");
  const inputs = [layers.integer(start.mostTrips), isRunning, ...start.carried, ...start.captures];
  return layers.builder.node(ops.loop, { body, numCarried: start.carried.length }, inputs);
}

/** bool [size]: whether a position is the trip's. */
export function isPosition(layers: Layers, size: number, index: Value): Value {
  return layers.one(ops.equal, {}, [layers.ints(Array.from({ length: size }, (_, i) => i)), index]);
}

/** bool []: whether any of `isDone` is false. */
export function anyRunning(layers: Layers, isDone: Value): Value {
  const done = layers.one(ops.cast, { to: "f32" }, [isDone]);
  const least = layers.one(ops.reduceMin, { keepDims: false, noopWithEmptyAxes: false }, [done]);
  return layers.one(ops.less, {}, [least, layers.scalar(0.5)]);
}
