import { ops, type Value } from "@coracle/core";
import type { Convert, PaddleContext } from "../context.ts";
import { known, rankOf } from "./common.ts";

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
export const padding: Readonly<Record<string, Convert>> = {
  pad2d,
  pad3d,
};
