import {
  type Arg,
  type Device,
  type Layout,
  type Node,
  ops,
  type PlanBuilder,
  type StepSpec,
} from "@coracle/core";
import { beforeAll, describe, expect, test } from "vitest";
import { contextOf, type X86Context } from "../context.ts";
import { x86 } from "../index.ts";
import { loadNative } from "../native.ts";
import { inIo, segmentOf } from "../testing/plans.ts";
import { reorderKernels } from "./reorder.ts";

interface Case {
  readonly shape: readonly number[];
  readonly from: Layout | undefined;
  readonly to: Layout | undefined;
  readonly dtype?: "f32" | "u8";
}

function nodeOf({ shape, from, to, dtype = "f32" }: Case): Node {
  const type = (layout: Layout | undefined) => (layout ? { dtype, shape, layout } : { dtype, shape });
  return {
    name: "r",
    op: ops.reorder as Node["op"],
    attrs: { layout: to },
    inputs: [{ id: 1, name: "x", type: type(from) }],
    outputs: [{ id: 2, name: "y", type: type(to) }],
  };
}

function lowered(context: X86Context, node: Node): StepSpec[] {
  const steps: StepSpec[] = [];
  const builder: Pick<PlanBuilder, "arg" | "step"> = {
    arg: (value): Arg => inIo(node.inputs.includes(value) ? 0 : 1),
    step: (spec) => steps.push(spec),
  };
  reorderKernels(context)[0]!.lower(node, builder as PlanBuilder);
  return steps;
}

describe("reorder", () => {
  let device: Device;
  let context: X86Context;
  beforeAll(async () => {
    device = await x86.open({ threads: 2 });
    context = contextOf(loadNative().level);
  });

  function run(node: Node, input: Float32Array, elements: number): Float32Array {
    const output = new Float32Array(elements).fill(Number.NaN);
    const steps = lowered(context, node).map((step) => ({ ...step, node }));
    const executable = device.build(segmentOf(steps, 0));
    executable.runSync({ arena: new Uint8Array(0), io: [input, output], cancel: new Int32Array(1) });
    return output;
  }

  test.each([[[1, 3, 40, 41]], [[2, 37, 5, 7]], [[3, 16]], [[1, 1, 1, 1]], [[2, 5, 3, 2, 4]]])(
    "%j there and back",
    (shape) => {
      const [n, c, ...spatial] = shape as [number, number, ...number[]];
      const pixels = spatial.reduce((all, size) => all * size, 1);
      const { layout, block } = context;
      const blocks = Math.ceil(c / block);
      const input = Float32Array.from({ length: n * c * pixels }, (_, i) => i + 1);
      const there = run(nodeOf({ shape, from: undefined, to: layout }), input, n * blocks * block * pixels);
      const expected = Float32Array.from(there, (_, i) => {
        const [lane, pixel] = [i % block, Math.floor(i / block) % pixels];
        const [blockIndex, image] = [
          Math.floor(i / block / pixels) % blocks,
          Math.floor(i / block / pixels / blocks),
        ];
        const channel = blockIndex * block + lane;
        return channel < c ? input[(image * c + channel) * pixels + pixel]! : 0;
      });
      expect(there).toEqual(expected);
      expect(run(nodeOf({ shape, from: layout, to: undefined }), there, input.length)).toEqual(input);
      expect(run(nodeOf({ shape, from: layout, to: layout }), there, there.length)).toEqual(there);
    },
  );

  test("an empty tensor needs no step", () => {
    expect(lowered(context, nodeOf({ shape: [0, 3, 2, 2], from: undefined, to: context.layout }))).toEqual(
      [],
    );
  });

  test("says what it does not support", () => {
    const [kernel] = reorderKernels(contextOf("avx2"));
    const reason = (given: Omit<Case, "shape">): true | string =>
      kernel!.supports(nodeOf({ shape: [1, 8], ...given }));
    expect(reason({ from: undefined, to: "NCHW8c" })).toBe(true);
    expect(reason({ from: undefined, to: undefined, dtype: "u8" })).toBe(true);
    expect(reason({ from: undefined, to: "NCHW8c", dtype: "u8" })).toBe(
      "u8; expected f32 where the layout changes",
    );
    expect(reason({ from: undefined, to: "NCHW16c" })).toBe("NCHW16c; expected NCHW8c at this level");
    expect(reason({ from: "NCHW4c", to: "NCHW8c" })).toBe(
      "NCHW4c to NCHW8c; expected one of them to be row-major",
    );
  });
});
