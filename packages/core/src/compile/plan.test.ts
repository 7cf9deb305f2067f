import { expect, test } from "vitest";
import type { Backend } from "../backend/backend.ts";
import type { RunContext } from "../backend/device.ts";
import { reference } from "../backend/reference.ts";
import { NoKernelError } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import { evaluateBlock } from "../ir/evaluate.ts";
import type { Op } from "../ir/op.ts";
import type { Program, Value } from "../ir/program.ts";
import { storedElements, Tensor } from "../ir/tensor.ts";
import { place } from "./place.ts";
import { type Plan, plan } from "./plan.ts";
import { printPlan } from "./print-plan.ts";
import { blocks } from "./testing/block-backend.ts";
import { cut, flat, join, mix, scale, sum } from "./testing/ops.ts";

const ramp = (shape: number[]): Tensor => {
  const length = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length }, (_, i) => ((i * 7) % 11) - 5),
  );
};

async function planFor(program: Program, backends: readonly Backend[]): Promise<Plan> {
  const devices = new Map<string, Awaited<ReturnType<Backend["open"]>>>();
  for (const backend of backends) devices.set(backend.target, await backend.open({}));
  return plan(place(program, backends), devices);
}

function runPlan({ segments, outputs, arenaBytes }: Plan, feeds: readonly Tensor[]): readonly Tensor[] {
  const fetched = outputs.map(({ type }) => Tensor.zeros(type.dtype, type.shape.map(Number)));
  const context: RunContext = {
    arena: new Uint8Array(arenaBytes).fill(0xff),
    io: [...feeds, ...fetched].map(({ data }) => data),
    cancel: new Int32Array(1),
  };
  for (const { executable } of segments) expect(executable.runSync(context)).toBe(true);
  return fetched;
}

async function expectSame(program: Program, backends: readonly Backend[]): Promise<Plan> {
  const made = await planFor(program, backends);
  const feeds = program.inputs.map(({ type }) => ramp(type.shape.map(Number)));
  const got = runPlan(made, feeds);
  const expected = evaluateBlock(program, feeds);
  got.forEach((tensor, i) => {
    expect(tensor.shape).toEqual(expected[i]!.shape);
    expect([...tensor.data]).toEqual([...expected[i]!.data]);
  });
  return made;
}

function residual(): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const first = b.one(mix, undefined, [x, b.constant(ramp([6, 3]), "w1")], { name: "first" });
  const scaled = b.one(scale, { by: 2 }, [first], { name: "scaled" });
  const second = b.one(mix, undefined, [scaled, b.constant(ramp([6, 6]), "w2")], { name: "second" });
  const again = b.one(scale, { by: 0.5 }, [second], { name: "again" });
  return b.build([b.one(sum, undefined, [again, first], { name: "joined", outputs: ["y"] })]);
}

test("by reference: in place where the input dies, io in place of arena at both ends", async () => {
  const made = await expectSame(residual(), [reference]);
  expect(printPlan(made)).toMatchInlineSnapshot(`
    "arena 128 bytes, io0 "x", io1 "y"
    reference "first" testMix: io0 constant(72) arena+0
    reference "scaled" testScale: arena+0 io1
    reference "second" testMix: io1 constant(144) io1
    reference "again" testScale: io1 io1
    reference "joined" testSum: io1 arena+0 io1"
  `);
});

test("blocked layouts last along the chain, and a reorder is shared by its readers", async () => {
  const made = await expectSame(residual(), [blocks, reference]);
  expect(printPlan(made)).toMatchInlineSnapshot(`
    "arena 704 bytes, io0 "x", io1 "y"
    blocks "first" mix: io0 constant(72) arena+128 arena+0
    blocks "scaled" scale: arena+0 arena+128
    blocks "second" mix: arena+128 constant(144) arena+384 arena+256
    reference "second.out:plain" reorder: arena+256 io1
    reference "first.out:plain" reorder: arena+0 arena+128
    blocks "again" scale: io1 io1
    reference "joined" testSum: io1 arena+128 io1"
  `);
});

test("a lone kernel that would need two reorders stays row-major", () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 64, 32, 32]);
  const node = b.one(scale, { by: 3 }, [x], { name: "alone" });
  const { nodes } = place(b.build([b.one(sum, undefined, [node, node])]), [blocks, reference]);
  expect(nodes.map(({ kernel, node }) => [kernel.name, node.inputs[0]!.type.layout])).toEqual([
    ["blocks/scale", undefined],
    ["reference/testSum", undefined],
  ]);
});

test("an output that is an input, a view of one, a constant or given twice is copied", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [2, 2]);
  const twice = b.one(scale, { by: 2 }, [x], { name: "twice" });
  const view = b.one(flat, undefined, [x], { name: "view" });
  const viewOfTwice = b.one(flat, undefined, [twice], { name: "viewOfTwice" });
  const constant = b.constant(ramp([3]), "three");
  const made = await expectSame(b.build([x, view, twice, viewOfTwice, constant]), [reference]);
  expect(printPlan(made)).toMatchInlineSnapshot(`
    "arena 0 bytes, io0 "x", io1 "x:plain", io2 "view.out:plain", io3 "twice.out", io4 "viewOfTwice.out:plain", io5 "three:plain"
    reference "twice" testScale: io0 io3
    reference "x:plain" reorder: io0 io1
    reference "view.out:plain" reorder: io0 io2
    reference "viewOfTwice.out:plain" reorder: io3 io4
    reference "three:plain" reorder: constant(12) io5"
  `);
});

test("values read later are never overwritten in place", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [8]);
  const first = b.one(scale, { by: 2 }, [x]);
  const second = b.one(scale, { by: 3 }, [first]);
  const view = b.one(flat, undefined, [second]);
  const third = b.one(scale, { by: 5 }, [view]);
  const late = b.one(sum, undefined, [second, third]);
  await expectSame(b.build([b.one(sum, undefined, [late, first])]), [reference]);
});

test("parts are made where their whole wants them, and halves are read where they lie", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 4, 2, 4]);
  const make = (name: string, by: number): Value => b.one(scale, { by }, [x], { name });
  const inner = b.one(join, undefined, [make("a", 2), make("b", 3)], { name: "inner" });
  const outer = b.one(join, undefined, [inner, make("c", 4)], { name: "outer" });
  const [top, bottom] = b.node(cut, undefined, [b.one(scale, { by: 5 }, [outer])], { name: "cut" });
  const halves = [b.one(flat, undefined, [top!]), b.one(flat, undefined, [bottom!])];
  const made = await expectSame(b.build([b.one(sum, undefined, halves)]), [blocks, reference]);
  expect(printPlan(made)).toMatchInlineSnapshot(`
    "arena 384 bytes, io0 "x", io1 "testSum.out"
    blocks "a" scale: io0 arena+0
    blocks "b" scale: io0 arena+128
    blocks "c" scale: io0 arena+256
    blocks "testScale" scale: arena+0 arena+0
    reference "testSum" testSum: arena+0 arena+192 io1"
  `);
  expect(made.nodes.filter(({ isView }) => isView).map(({ node }) => node.name)).toEqual([
    ...["inner", "outer", "cut"],
    ...["flatten", "flatten_1"],
  ]);
});

test("a part that is an input, an output, given twice or of another whole is copied", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 4, 2, 4]);
  const a = b.one(scale, { by: 2 }, [x], { name: "a" });
  const joined = [b.one(join, undefined, [x, a]), b.one(join, undefined, [a, a])];
  const shown = b.one(scale, { by: 3 }, [a], { name: "shown" });
  const third = b.one(join, undefined, [shown, a], { name: "third" });
  const made = await expectSame(b.build([...joined, shown, third]), [blocks, reference]);
  const copying = made.segments.flatMap(({ steps }) => steps.filter(({ kernel }) => kernel === "join"));
  expect(copying.map(({ node }) => node.name)).toEqual(["testJoin", "testJoin_1", "third"]);
});

test("independent work is ordered so that each device is entered as seldom as it can be", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const outputs = Array.from({ length: 4 }, (_, i) => {
    const added = b.one(sum, undefined, [x, x], { name: `sum${i}` });
    return b.one(scale, { by: i }, [added], { name: `scale${i}` });
  });
  const made = await expectSame(b.build(outputs), [blocks, reference]);
  expect(made.segments.map(({ device, steps }) => `${device.target} ${steps.length}`)).toEqual([
    "reference 4",
    "blocks 4",
  ]);
});

test("size 0 tensors plan and run", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [0, 3]);
  await expectSame(b.build([b.one(scale, { by: 2 }, [b.one(scale, { by: 2 }, [x])])]), [reference]);
});

test("plans of one device share packed weights; those of another do not", async () => {
  const program = residual();
  const devices = new Map([
    ["blocks", await blocks.open({})],
    ["reference", await reference.open({})],
  ] as const);
  const placement = place(program, [blocks, reference]);
  const [a, b] = [plan(placement, devices), plan(placement, devices)];
  expect(a.packed).toHaveLength(2);
  expect(a.packed.map((data, i) => data === b.packed[i])).toEqual([true, true]);
  const other = await planFor(program, [blocks, reference]);
  expect(other.packed[0]).not.toBe(a.packed[0]);
});

test("scratch of all threads lies behind the values", async () => {
  const made = await planFor(residual(), [blocks, reference]);
  const { scratchOffsetBytes, device } = made.segments[0]!;
  expect(made.arenaBytes).toBe(scratchOffsetBytes + device.threads * 128);
});

test("a constant taken in a blocked layout is reordered once, by the plan", async () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const picky: Backend = {
    ...blocks,
    kernels: [
      {
        op: sum as Op,
        name: "picky/sum",
        supports: () => true,
        layouts: () => [{ inputs: ["NCHW4c", "NCHW4c"], outputs: ["NCHW4c"] }],
        costNs: () => 1,
        lower: () => undefined,
      },
    ],
  };
  const program = b.build([b.one(sum, undefined, [x, b.constant(ramp([1, 3, 2, 2]), "k")], { name: "sum" })]);
  const onlyReorders: Backend = {
    ...reference,
    kernelsFor: (op) => (op.name === "reorder" ? reference.kernelsFor!(op) : []),
  };
  const made = await planFor(program, [picky, onlyReorders]);
  expect(made.nodes.map(({ node }) => node.name)).toEqual(["x:NCHW4c", "k:NCHW4c", "sum", "sum.out:plain"]);
  expect(made.packed).toHaveLength(1);
  const blocked = new Float32Array(made.packed[0]!.buffer);
  expect(blocked).toHaveLength(storedElements({ dtype: "f32", shape: [1, 3, 2, 2], layout: "NCHW4c" }));
  const k = ramp([1, 3, 2, 2]).data;
  expect([...blocked.slice(0, 4)]).toEqual([k[0], k[4], k[8], 0]);
});

test("NoKernelError lists each candidate and its reason", () => {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const w = b.input("w", "f32", [6, 3]);
  const program = b.build([b.one(mix, undefined, [x, w], { name: "stem" })]);
  expect(() => place(program, [blocks])).toThrow(NoKernelError);
  expect(() => place(program, [blocks])).toThrow(
    'testMix "stem": no kernel takes f32[1,3,2,2], f32[6,3]; expected one of the backends (blocks) to support it. ' +
      "Allow the reference backend as a fallback, or change the model.\n  blocks/mix: the weight is no constant",
  );
});

test("CORACLE_LOG=select prints every candidate with a star at the winner", () => {
  const lines: string[] = [];
  const write = process.stderr.write;
  process.stderr.write = ((text: string) => lines.push(text) > 0) as typeof process.stderr.write;
  process.env["CORACLE_LOG"] = "select";
  try {
    place(residual(), [blocks, reference]);
  } finally {
    delete process.env["CORACLE_LOG"];
    process.stderr.write = write;
  }
  expect(lines[0]).toMatchInlineSnapshot(`
    "testMix "first" f32[1,3,2,2], f32[6,3] -> f32[1,6,2,2]
      * blocks/mix: 2.2 us -, - -> NCHW4c
        reference/testMix: estimated 9.2 us against 2.2 us
    "
  `);
});
