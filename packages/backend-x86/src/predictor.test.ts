import {
  DataError,
  evaluateBlock,
  ops,
  Predictor,
  type Program,
  ProgramBuilder,
  Tensor,
} from "@coracle/core";
import { beforeAll, describe, expect, test } from "vitest";
import { cpuInfo, x86 } from "./index.ts";
import { convNet, inputShape, type NetSizes, noise, outputName, sizesTaking } from "./testing/conv-net.ts";
import { difference } from "./testing/one-op.ts";
import { runProgram } from "./testing/programs.ts";

const longRunMs = 120;
const small: NetSizes = { layers: 3, channels: 16, size: 12 };

const create = (program: Program, threads = 2): Promise<Predictor> =>
  Predictor.create(program, { backends: [x86], threads, fallback: false });

const feedOf = (sizes: NetSizes, seed: number): { x: Tensor } => ({ x: noise(inputShape(sizes), seed) });

const wanted = (seed: number): Tensor => evaluateBlock(convNet(small), [feedOf(small, seed).x])[0]!;

function expectClose(got: Tensor | undefined, want: Tensor): void {
  expect(got?.shape).toEqual(want.shape);
  expect(difference(got!, want)).toBeLessThan(1e-4);
}

describe.each([...new Set([1, Math.min(2, cpuInfo().defaultThreads)])])("%i threads", (threads) => {
  let sizes: NetSizes;
  beforeAll(async () => {
    sizes = await sizesTaking(longRunMs, threads);
  });

  test("abort in the middle of a native run rejects with the reason, and the next run is right", async () => {
    using predictor = await create(convNet(sizes), threads);
    const output = outputName(sizes);
    const expected = (await predictor.run(feedOf(sizes, 1)))[output]!;
    const reason = new Error("the user left");
    const controller = new AbortController();
    const start = performance.now();
    let abortedMs = Number.NaN;
    setTimeout(() => {
      abortedMs = performance.now() - start;
      controller.abort(reason);
    }, 10);
    await expect(predictor.run(feedOf(sizes, 2), { signal: controller.signal })).rejects.toBe(reason);
    const rejectedMs = performance.now() - start;
    const after = await predictor.run(feedOf(sizes, 1));
    const nextMs = performance.now() - start;
    expect(after[output]!.data).toEqual(expected.data);
    expect(rejectedMs - abortedMs, `rejected ${rejectedMs} ms, next run ended ${nextMs} ms`).toBeLessThan(
      500,
    );
  });
});

test("runs at the same time, of one predictor and of several, have outputs of their own", async () => {
  const output = outputName(small);
  const program = convNet(small);
  const predictors = await Promise.all([create(program, 1), create(program, 2), create(convNet(small), 2)]);
  const seeds = Array.from({ length: 24 }, (_, i) => i);
  const results = seeds.map((seed) => predictors[seed % predictors.length]!.run(feedOf(small, seed)));
  const sync = predictors.map((predictor, i) => predictor.runSync(feedOf(small, 100 + i)));
  const outputs = await Promise.all(results);
  for (const seed of seeds) expectClose(outputs[seed]![output], wanted(seed));
  sync.forEach((outputs, i) => {
    expectClose(outputs[output], wanted(100 + i));
  });
  expect(new Set(outputs.map((one) => one[output]!.data.buffer)).size).toBe(seeds.length);
  for (const predictor of predictors) predictor.dispose();
});

function detach(tensor: Tensor): void {
  const buffer = tensor.data.buffer as ArrayBuffer;
  structuredClone(buffer, { transfer: [buffer] });
}

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

/** Node has them; the library's language level does not. */
function resizable(bytes: number): Resizable {
  type Options = { readonly maxByteLength: number };
  const Constructor = ArrayBuffer as unknown as new (length: number, options: Options) => Resizable;
  return new Constructor(bytes, { maxByteLength: bytes });
}

describe("a feed whose memory changes", () => {
  const output = outputName(small);
  const elements = inputShape(small).reduce((all, dim) => all * dim, 1);

  test("detached before a run: DataError, and the predictor goes on", async () => {
    using predictor = await create(convNet(small));
    const feeds = feedOf(small, 1);
    expectClose((await predictor.run(feeds))[output], wanted(1));
    detach(feeds.x);
    await expect(predictor.run(feeds)).rejects.toThrow(DataError);
    expect(() => predictor.runSync(feeds)).toThrow(`0 elements; expected ${elements}`);
    expectClose((await predictor.run(feedOf(small, 2)))[output], wanted(2));
  });

  test("detached while its run waits for its turn: DataError", async () => {
    using predictor = await create(convNet(small));
    const [first, second] = [feedOf(small, 1), feedOf(small, 2)];
    const running = predictor.run(first);
    const waiting = expect(predictor.run(second)).rejects.toThrow(DataError);
    detach(second.x);
    await waiting;
    expectClose((await running)[output], wanted(1));
    expectClose((await predictor.run(feedOf(small, 3)))[output], wanted(3));
  });

  test("made shorter between runs: DataError; back at its length it serves", async () => {
    using predictor = await create(convNet(small));
    const buffer = resizable(elements * 4);
    const data = new Float32Array(buffer);
    data.set(feedOf(small, 1).x.data as Float32Array);
    const feeds = { x: Tensor.from("f32", inputShape(small), data) };
    expectClose((await predictor.run(feeds))[output], wanted(1));
    buffer.resize(elements * 2);
    await expect(predictor.run(feeds)).rejects.toThrow(`${elements / 2} elements; expected ${elements}`);
    expect(() => predictor.runSync(feeds)).toThrow(DataError);
    buffer.resize(elements * 4);
    data.set(feedOf(small, 2).x.data as Float32Array);
    expectClose((await predictor.run(feeds))[output], wanted(2));
  });

  test("made shorter during its run: the run goes on with what it was given", async () => {
    using predictor = await create(convNet(small));
    const buffer = resizable(elements * 4);
    const data = new Float32Array(buffer);
    data.set(feedOf(small, 1).x.data as Float32Array);
    const runs = Array.from({ length: 8 }, () =>
      predictor.run({ x: Tensor.from("f32", inputShape(small), data) }),
    );
    buffer.resize(0);
    for (const outputs of await Promise.all(runs)) expectClose(outputs[output], wanted(1));
  });

  test("of another length than the shape: DataError", () => {
    expect(() => Tensor.from("f32", inputShape(small), new Float32Array(elements - 1))).toThrow(DataError);
  });
});

test("predictors of one program share packed weights", async () => {
  const channels = 2048;
  const b = new ProgramBuilder();
  const x = b.input("x", "f32", [1, channels, 2, 2]);
  const attrs = {
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    dilations: [1, 1],
    groups: 1,
    autoPad: "none" as const,
  };
  const weight = b.constant(noise([channels, channels, 1, 1], 5, 0.01));
  const program = b.build([b.one(ops.conv, attrs, [x, weight], { outputs: ["y"] })]);
  using first = await create(program);
  const feeds = { x: noise([1, channels, 2, 2], 6) };
  const expected = first.runSync(feeds)["y"]!;
  const { packedBytes } = first.memory;
  expect(packedBytes).toBeGreaterThanOrEqual(channels * channels * 4);
  const before = process.memoryUsage.rss();
  const others = await Promise.all([create(program), create(program), create(program)]);
  for (const predictor of others) {
    expect(predictor.runSync(feeds)["y"]!.data).toEqual(expected.data);
    expect(predictor.memory.packedBytes).toBe(packedBytes);
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(packedBytes);
  for (const predictor of others) predictor.dispose();
  expect(first.runSync(feeds)["y"]!.data).toEqual(expected.data);
});

test("worker threads ended while their predictors run do no harm", async () => {
  expect(await runProgram("terminate-predictors")).toEqual({
    status: 0,
    signal: null,
    stdout: "still right\n",
    stderr: "",
  });
});
