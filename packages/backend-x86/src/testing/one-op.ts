/** One node on this backend against the reference of its op. */
import {
  type Backend,
  evaluateBlock,
  type Kernel,
  type LayoutChoice,
  type Op,
  Predictor,
  type Program,
  ProgramBuilder,
  type Shape,
  Tensor,
  type Value,
} from "@coracle/core";
import { expect } from "vitest";
import { x86 } from "../index.ts";

export interface Fixed {
  readonly constant: Tensor;
}

export interface OneOp<A> {
  readonly op: Op<A>;
  readonly attrs: A;
  /** Feeds, or constants of the program. */
  readonly inputs: readonly (Tensor | Fixed)[];
}

export const fixed = (constant: Tensor): Fixed => ({ constant });

let state = 12345;

/** In [low, high), the same sequence in every run. */
export function random(low: number, high: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return low + ((high - low) * state) / 2 ** 32;
}

export function floats(shape: readonly number[], low = -2, high = 2): Tensor {
  const count = shape.reduce((all, size) => all * size, 1);
  return Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length: count }, () => random(low, high)),
  );
}

/** The backend whose kernels only know their preferred layouts; of an op's kernels, those that know layouts at all. */
export function preferredLayoutsOnly(backend: Backend): Backend {
  const first = (kernel: Kernel): Kernel =>
    kernel.layouts
      ? { ...kernel, layouts: (node): readonly LayoutChoice[] => kernel.layouts!(node).slice(0, 1) }
      : kernel;
  const withLayouts = new Set(backend.kernels.filter(({ layouts }) => layouts).map(({ op }) => op));
  const kernels = backend.kernels.filter(({ op, layouts }) => layouts || !withLayouts.has(op)).map(first);
  return {
    target: backend.target,
    preference: backend.preference,
    kernels,
    probe: () => backend.probe(),
    open: (options) => backend.open(options),
  };
}

export function programOf<A>({ op, attrs, inputs }: OneOp<A>): {
  program: Program;
  feeds: Record<string, Tensor>;
} {
  const builder = new ProgramBuilder();
  const feeds: Record<string, Tensor> = {};
  const values = inputs.map((given, i): Value => {
    if ("constant" in given) return builder.constant(given.constant, `constant${i}`);
    feeds[`x${i}`] = given;
    return builder.input(`x${i}`, given.dtype, given.shape as Shape);
  });
  return { program: builder.build(builder.node(op, attrs, values, { name: "it" })), feeds };
}

/** Largest difference relative to 1 + |want|; Infinity when NaNs or infinities differ. */
export function difference(got: Tensor, want: Tensor): number {
  let worst = 0;
  for (let i = 0; i < want.data.length; i++) {
    const [a, b] = [Number(got.data[i]), Number(want.data[i])];
    if (Object.is(a, b) || a === b) continue;
    const apart = Math.abs(a - b) / (1 + Math.abs(b));
    worst = Math.max(worst, Number.isFinite(apart) ? apart : Number.POSITIVE_INFINITY);
  }
  return worst;
}

/** Runs it with 2 threads, expects the kernel of that name and the reference's result; returns the layouts it ran in. */
export async function expectReference<A>(
  one: OneOp<A>,
  kernel: string,
  backend: Backend = x86,
  most = 2e-5,
): Promise<string> {
  const { program, feeds } = programOf(one);
  using predictor = await Predictor.create(program, { backends: [backend], threads: 2, fallback: false });
  const outputs = await predictor.run(feeds);
  const wanted = evaluateBlock(
    program,
    program.inputs.map(({ name }) => feeds[name]!),
  );
  program.outputs.forEach((output, i) => {
    const got = outputs[output.name]!;
    expect(got.shape).toEqual(wanted[i]!.shape);
    expect(difference(got, wanted[i]!), `${kernel} ${output.name}`).toBeLessThan(most);
  });
  const row = predictor.explain().rows.find(({ node }) => node === "it");
  expect(row?.kernel).toBe(kernel);
  return row!.layouts;
}
