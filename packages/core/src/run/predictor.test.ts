import { afterEach, expect, test } from "vitest";
import type { Backend } from "../backend/backend.ts";
import { reference } from "../backend/reference.ts";
import { Registry } from "../backend/registry.ts";
import { blocks, openDevices } from "../compile/testing/block-backend.ts";
import { mix, positives, scale, sum } from "../compile/testing/ops.ts";
import { BackendUnavailableError, DataError, NoKernelError, ProgramError } from "../errors.ts";
import { ProgramBuilder } from "../ir/build.ts";
import { evaluateBlock } from "../ir/evaluate.ts";
import { defineOp, type Op } from "../ir/op.ts";
import type { Program } from "../ir/program.ts";
import type { Shape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { Predictor } from "./predictor.ts";

const ramp = (shape: number[], from = -5): Tensor => {
  const length = shape.reduce((a, b) => a * b, 1);
  return Tensor.from(
    "f32",
    shape,
    Float32Array.from({ length }, (_, i) => ((i * 7) % 11) + from),
  );
};

function network(shape: Shape = [1, 3, 2, 2]): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", shape);
  const stem = b.one(mix, undefined, [x, b.constant(ramp([6, 3]), "w1")], { name: "stem" });
  const scaled = b.one(scale, { by: 2 }, [stem], { name: "scaled" });
  const body = b.one(mix, undefined, [scaled, b.constant(ramp([6, 6]), "w2")], { name: "body" });
  return b.build([b.one(sum, undefined, [body, stem], { name: "joined", outputs: ["y"] })]);
}

const spin: Op<{ readonly ms: number }> = defineOp<{ readonly ms: number }>({
  name: "testSpin",
  infer: ([x]) => [x!],
  reference: ([x], { ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    return [
      Tensor.from(
        "f32",
        x!.shape,
        Float32Array.from(x!.data as Float32Array, (v) => v + 1),
      ),
    ];
  },
  accuracy: "exact",
});

function slow(steps: number, ms: number): Program {
  const b = new ProgramBuilder();
  let value = b.input("x", "f32", [2]);
  for (let i = 0; i < steps; i++) value = b.one(spin, { ms }, [value]);
  return b.build([value]);
}

function dataDependent(): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const stem = b.one(mix, undefined, [x, b.constant(ramp([2, 3]), "w")], { name: "stem" });
  const kept = b.one(positives, undefined, [stem], { name: "kept" });
  return b.build([b.one(scale, { by: 10 }, [kept], { name: "tens", outputs: ["y"] }), stem]);
}

/** x [n] -> y [n,32,1,1]: x for each channel. */
const asImage: Op = defineOp({
  name: "testAsImage",
  infer: ([x]) => [{ dtype: "f32", shape: [x!.shape[0]!, 32, 1, 1] }],
  reference: ([x]) => {
    const n = x!.data.length;
    const y = Float32Array.from({ length: n * 32 }, (_, i) => Number(x!.data[Math.floor(i / 32)]));
    return [Tensor.from("f32", [n, 32, 1, 1], y)];
  },
  accuracy: "exact",
});

const x = ramp([1, 3, 2, 2]);
afterEach(() => expect(openDevices.count).toBe(0));

async function expectReference(program: Program, backends: readonly Backend[], feed = x): Promise<void> {
  using predictor = await Predictor.create(program, { backends });
  const expected = evaluateBlock(program, [feed]);
  for (const outputs of [await predictor.run({ x: feed }), predictor.runSync({ x: feed })]) {
    program.outputs.forEach(({ name }, i) => {
      expect(outputs[name]!.shape).toEqual(expected[i]!.shape);
      expect([...outputs[name]!.data]).toEqual([...expected[i]!.data]);
    });
  }
}

test("run and runSync give what the references give", async () => {
  await expectReference(network(), [reference]);
  await expectReference(network(), [blocks]);
  await expectReference(network(["n", 3, "h", "w"]), [blocks], ramp([2, 3, 4, 5]));
  await expectReference(dataDependent(), [blocks]);
});

test("inputs and outputs tell names, dtypes and shapes", async () => {
  using predictor = await Predictor.create(network(["n", 3, "h", "w"]), { backends: [reference] });
  expect(predictor.inputs).toEqual([{ name: "x", dtype: "f32", shape: ["n", 3, "h", "w"] }]);
  expect(predictor.outputs).toEqual([{ name: "y", dtype: "f32", shape: ["n", 6, "h", "w"] }]);
});

test("a program without nodes hands out copies", async () => {
  const b = new ProgramBuilder();
  const input = b.input("x", "f32", [2]);
  using predictor = await Predictor.create(b.build([input]), { backends: [reference] });
  const feed = ramp([2]);
  const outputs = await predictor.run({ x: feed });
  expect(outputs["x"]!.data).toEqual(feed.data);
  expect(outputs["x"]!.data).not.toBe(feed.data);
  expect(predictor.explain().notes).toContain("All nodes run one by one, by reference: no plan can be made.");
});

test("maxPlans bounds the plans, the least recently used goes first", async () => {
  using predictor = await Predictor.create(network(["n", 3, 2, 2]), { backends: [blocks], maxPlans: 2 });
  const run = (n: number): Promise<unknown> => predictor.run({ x: ramp([n, 3, 2, 2]) });
  expect(predictor.memory.plans).toBe(0);
  await run(1);
  await run(2);
  await run(1);
  await run(3);
  expect(predictor.memory.plans).toBe(2);
  expect(predictor.explain().rows[0]!.shapes).toContain("[3,3,2,2]");
  await expect(Predictor.create(network(), { maxPlans: 0 })).rejects.toThrow(
    "predictor: maxPlans 0; expected an integer of at least 1.",
  );
});

test("plans of other shapes and predictors of the same program share packed weights", async () => {
  const program = network(["n", 3, 2, 2]);
  using first = await Predictor.create(program, { backends: [blocks], threads: 2 });
  using second = await Predictor.create(program, { backends: [blocks], threads: 2 });
  expect(openDevices.count).toBe(1);
  await first.run({ x: ramp([1, 3, 2, 2]) });
  const { packedBytes } = first.memory;
  expect(packedBytes).toBe((6 * 3 + 6 * 6) * 4);
  await first.run({ x: ramp([4, 3, 2, 2]) });
  expect(first.memory).toMatchObject({ packedBytes, plans: 2 });
  await second.run({ x: ramp([1, 3, 2, 2]) });
  expect(second.memory.packedBytes).toBe(packedBytes);
});

test("concurrent runs take turns and have outputs of their own", async () => {
  const program = network(["n", 3, 2, 2]);
  using predictor = await Predictor.create(program, { backends: [blocks] });
  const feeds = Array.from({ length: 12 }, (_, i) => ramp([1 + (i % 3), 3, 2, 2], i));
  const all = await Promise.all(feeds.map((feed) => predictor.run({ x: feed })));
  all.forEach((outputs, i) => {
    expect([...outputs["y"]!.data]).toEqual([...evaluateBlock(program, [feeds[i]!])[0]!.data]);
  });
});

test("runSync while a run is under way uses other memory", async () => {
  const program = network();
  using predictor = await Predictor.create(program, { backends: [blocks] });
  const [one, two] = [ramp([1, 3, 2, 2], 1), ramp([1, 3, 2, 2], 2)];
  const underWay = predictor.run({ x: one });
  await Promise.resolve();
  const sync = predictor.runSync({ x: two });
  expect([...sync["y"]!.data]).toEqual([...evaluateBlock(program, [two])[0]!.data]);
  expect([...(await underWay)["y"]!.data]).toEqual([...evaluateBlock(program, [one])[0]!.data]);
});

test("the event loop turns during a long run by reference", async () => {
  using predictor = await Predictor.create(slow(40, 3), { backends: [reference] });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await predictor.run({ x: ramp([2]) });
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test("abort rejects with the signal's reason: before, while waiting and during a run", async () => {
  using predictor = await Predictor.create(slow(100, 2), { backends: [reference] });
  const reason = new Error("user left");
  await expect(predictor.run({ x: ramp([2]) }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const running = new AbortController();
  const waiting = new AbortController();
  const first = predictor.run({ x: ramp([2]) }, { signal: running.signal });
  const second = predictor.run({ x: ramp([2]) }, { signal: waiting.signal });
  waiting.abort(reason);
  await expect(second).rejects.toBe(reason);
  const start = performance.now();
  setTimeout(() => running.abort(reason), 10);
  await expect(first).rejects.toBe(reason);
  expect(performance.now() - start).toBeLessThan(150);
  expect(await predictor.run({ x: ramp([2]) })).toBeDefined();
});

test("after dispose every method says so, and runs under way reject", async () => {
  const predictor = await Predictor.create(slow(50, 2), { backends: [reference, blocks] });
  const underWay = predictor.run({ x: ramp([2]) });
  const rejected = expect(underWay).rejects.toThrow(DataError);
  await new Promise((resolve) => setTimeout(resolve, 5));
  predictor.dispose();
  predictor.dispose();
  await rejected;
  await expect(predictor.run({ x: ramp([2]) })).rejects.toThrow(
    "predictor: run after dispose; expected a live predictor. Create another one.",
  );
  expect(() => predictor.runSync({ x: ramp([2]) })).toThrow("predictor: runSync after dispose");
  expect(() => predictor.explain()).toThrow("predictor: explain after dispose");
  expect(() => predictor.memory).toThrow("predictor: memory after dispose");
  await new Promise((resolve) => setTimeout(resolve, 5));
});

test("wrong feeds reject with DataError", async () => {
  using predictor = await Predictor.create(network(), { backends: [reference] });
  await expect(predictor.run({ y: x })).rejects.toThrow(DataError);
  expect(() => predictor.runSync({ x: ramp([1, 3, 2, 3]) })).toThrow(
    'input "x": shape [1,3,2,3]; expected [1,3,2,2]. Resize or reshape the data.',
  );
});

test("a registry or an array serves; a backend given twice, none at all or one that does not open throws", async () => {
  using predictor = await Predictor.create(network(), { backends: new Registry().register(blocks) });
  expect(predictor.explain().rows.map(({ kernel }) => kernel)).toContain("blocks/mix");
  await expect(Predictor.create(network(), { backends: [blocks, blocks] })).rejects.toThrow(ProgramError);
  await expect(Predictor.create(network(), { backends: [], fallback: false })).rejects.toThrow(
    BackendUnavailableError,
  );
  const broken: Backend = {
    ...blocks,
    open: () => Promise.reject(new BackendUnavailableError("blocks: no device")),
  };
  await expect(
    Predictor.create(network(), { backends: [blocks, { ...broken, target: "other" }] }),
  ).rejects.toThrow("blocks: no device");
});

test("without the fallback a node that no backend takes throws, and the device is given back", async () => {
  await expect(Predictor.create(network(), { backends: [blocks], fallback: false })).rejects.toThrow(
    NoKernelError,
  );
});

test("explain tells which kernel ran each node and why others did not", async () => {
  using predictor = await Predictor.create(network(), { backends: [blocks] });
  expect(predictor.explain().toString()).toMatchInlineSnapshot(`
    "backend blocks: blocks of 4, 2 threads
    backend reference: reference, JavaScript, 1 thread
    node            op         kernel             shapes                            layouts              not taken
    --------------  ---------  -----------------  --------------------------------  -------------------  ---------------------------------------------------
    stem            testMix    blocks/mix         [1,3,2,2] [6,3] -> [1,6,2,2]      -, - -> NCHW4c       reference/testMix: estimated 9.2 us against 2.2 us
    scaled          testScale  blocks/scale       [1,6,2,2] -> [1,6,2,2]            NCHW4c -> NCHW4c     reference/testScale: estimated 6.6 us against 34 ns
    body            testMix    blocks/mix         [1,6,2,2] [6,6] -> [1,6,2,2]      NCHW4c, - -> NCHW4c  reference/testMix: estimated 18.6 us against 2.2 us
    body.out:plain  reorder    reference/reorder  [1,6,2,2] -> [1,6,2,2]            NCHW4c -> -
    stem.out:plain  reorder    reference/reorder  [1,6,2,2] -> [1,6,2,2]            NCHW4c -> -
    joined          testSum    reference/testSum  [1,6,2,2] [1,6,2,2] -> [1,6,2,2]"
  `);
});

test("strict precision leaves approximate kernels out", async () => {
  const [mixing, ...others] = blocks.kernels;
  const kernels = [{ ...mixing!, isApproximate: true as const }, ...others];
  const backend: Backend = { ...blocks, kernels };
  const program = network();
  for (const precision of ["fast", "strict"] as const) {
    using predictor = await Predictor.create(program, { backends: [backend], precision });
    const stem = predictor.explain().rows.find(({ node }) => node === "stem")!;
    expect(stem.kernel).toBe(precision === "fast" ? "blocks/mix" : "reference/testMix");
    const reasons = stem.rejected.map(({ reason }) => reason);
    expect(reasons.includes("approximate; precision is strict")).toBe(precision === "strict");
  }
});

test("explain of a data-dependent program names the part that runs by reference", async () => {
  using predictor = await Predictor.create(dataDependent(), { backends: [blocks] });
  const { notes, rows } = predictor.explain();
  expect(notes.at(-1)).toBe("Nodes whose shapes only a run makes known run one by one, by reference.");
  expect(rows.map(({ node, kernel }) => `${node} ${kernel}`)).toEqual([
    "stem blocks/mix",
    "stem.out:plain reference/reorder",
    "kept reference/testPositives",
    "tens reference/testScale",
  ]);
});

/** A count of rows that only the data tells, then a layer with weights. */
function weightsAfterUnknown(): Program {
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, 3, 2, 2]);
  const stem = b.one(mix, undefined, [x, b.constant(ramp([2, 3]), "w")], { name: "stem" });
  const kept = b.one(positives, undefined, [stem], { name: "kept" });
  const rows = b.one(asImage, undefined, [kept], { name: "rows" });
  const layer = b.one(mix, undefined, [rows, b.constant(ramp([32, 32]), "w2")], { name: "layer" });
  const last = b.one(positives, undefined, [layer], { name: "last" });
  return b.build([layer, last, stem]);
}

test("layers with weights behind unknown shapes are planned during the run", async () => {
  const program = weightsAfterUnknown();
  await expectReference(program, [blocks]);
  await expectReference(program, [reference]);
  using predictor = await Predictor.create(program, { backends: [blocks] });
  const kernels = (): string[] => predictor.explain().rows.map(({ node, kernel }) => `${node} ${kernel}`);
  expect(kernels()).toContain("layer (chosen during the run)");
  await predictor.run({ x });
  expect(kernels()).toContain("layer blocks/mix");
  expect(predictor.explain().notes.at(-1)).toBe(
    "Nodes whose shapes only a run makes known run one by one, by reference; what follows is planned during the run.",
  );
  const { rows } = await predictor.profile({ x });
  expect(rows.map(({ node }) => node)).toEqual(expect.arrayContaining(["stem", "kept", "layer", "last"]));
  const other = ramp([1, 3, 2, 2], 0);
  expect([...(await predictor.run({ x: other }))[program.outputs[1]!.name]!.data]).toEqual([
    ...evaluateBlock(program, [other])[1]!.data,
  ]);
});

test("explain before any plan asks for the shapes", async () => {
  using predictor = await Predictor.create(network(["n", 3, 2, 2]), { backends: [reference] });
  expect(() => predictor.explain()).toThrow('shapes: missing "x"; expected the inputs "x" f32[n,3,2,2].');
  expect(predictor.explain({ x: [2, 3, 2, 2] }).rows).toHaveLength(4);
});

test("profile measures every step and sorts by time", async () => {
  using predictor = await Predictor.create(network(), { backends: [blocks] });
  const profile = await predictor.profile({ x }, { runs: 3 });
  expect(profile.runs).toBe(3);
  expect(profile.rows.map(({ ms }) => ms)).toEqual(
    profile.rows.map(({ ms }) => ms).toSorted((a, b) => b - a),
  );
  expect(profile.nodesMs).toBeCloseTo(profile.rows.reduce((total, { ms }) => total + ms, 0));
  const stem = profile.rows.find(({ node }) => node === "stem")!;
  expect(stem).toMatchObject({ kernel: "blocks/mix", flops: 144, shapes: "[1,3,2,2] [6,3] -> [1,6,2,2]" });
  expect(stem.gflopsPerSecond).toBeCloseTo(144 / (stem.ms * 1e6));
  expect(profile.toString()).toMatch(/^node +op +kernel +ms +% +MFLOP +GFLOP\/s +shapes\n/);
});

test("warmup makes the plan and its memory", async () => {
  using predictor = await Predictor.create(network(["n", 3, 2, 2]), { backends: [blocks] });
  await predictor.warmup({ x: [2, 3, 2, 2] });
  expect(predictor.memory.plans).toBe(1);
  expect(predictor.memory.arenaBytes).toBeGreaterThan(0);
  await expect(predictor.warmup()).rejects.toThrow('shapes: missing "x"');
});

test("many predictors leave no device open", async () => {
  const program = network();
  for (let i = 0; i < 100; i++) {
    using predictor = await Predictor.create(program, { backends: [blocks] });
    await predictor.run({ x });
  }
  expect(openDevices.count).toBe(0);
});
