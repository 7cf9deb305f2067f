import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toOnnx } from "@coracle/convert";
import { ops, ProgramBuilder, Tensor } from "@coracle/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compare } from "./compare.ts";
import { writeArrays } from "./engines/arrays.ts";
import type { ModelFile } from "./engines/engine.ts";
import { ownEngines, peerByName } from "./engines/index.ts";
import { pythonEngine } from "./engines/python.ts";
import { Worker } from "./engines/worker.ts";
import { PeerError } from "./errors.ts";

let folder: string;
let model: ModelFile;

/** y = x + x, which the numpy engine of the driver computes whatever the model says. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "coracle-bench-test-"));
  const builder = new ProgramBuilder();
  const x = builder.input("x", "f32", [2, 3]);
  const program = builder.build([
    builder.one(ops.mul, {}, [x, builder.constant(Tensor.from("f32", [], [2]))]),
  ]);
  const path = join(folder, "model.onnx");
  await writeFile(path, toOnnx(program));
  const data = Float32Array.of(1, -2, 3, 0.5, 0, 7);
  const inputs = await writeArrays({ x: { dtype: "f32", shape: [2, 3], data } }, (i) =>
    join(folder, `x${i}`),
  );
  model = { path, cache: folder, inputs, outputs: program.outputs.map(({ name }) => name) };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const options = { threads: 1, rounds: 3, roundMs: 2 };

test("engines alternate, agree, and all have their rounds", async () => {
  const [x86, reference] = ownEngines(["x86", "reference"]);
  const peer = await peerByName("onnxruntime");
  const leftOut: string[] = [];
  let numRounds = 0;
  const hooks = { onRound: () => numRounds++, onLeftOut: (reason: string) => leftOut.push(reason) };
  await compare(model, [x86!, reference!, peer], { ...options, ...hooks }, async (compared) => {
    expect(compared.map(({ engine }) => engine.name)).toEqual([
      "coracle",
      "coracle reference",
      "onnxruntime",
    ]);
    for (const { time, difference, rounds } of compared) {
      expect(difference).toBe(0);
      expect(rounds).toBeGreaterThanOrEqual(2);
      expect(time.numRuns).toBeGreaterThanOrEqual(rounds);
      expect(time.minMs).toBeGreaterThan(0);
    }
    expect(compared[0]!.ratio).toBe(1);
  });
  expect(leftOut).toEqual([]);
  expect(numRounds).toBe(3);
});

test("a peer that cannot load the model is left out with its reason", async () => {
  const [x86] = ownEngines(["x86"]);
  const peer = await peerByName("onnxruntime");
  const broken = { ...peer, open: () => peer.open({ ...model, path: join(folder, "none.onnx") }, 1) };
  const leftOut: string[] = [];
  const hooks = { onRound: () => undefined, onLeftOut: (reason: string) => leftOut.push(reason) };
  await compare(model, [x86!, broken], { ...options, ...hooks }, async (compared) => {
    expect(compared).toHaveLength(1);
  });
  expect(leftOut).toHaveLength(1);
  expect(leftOut[0]).toContain("none.onnx");
});

test("a peer that computes something else is left out", async () => {
  const [x86, other] = ownEngines(["x86", "reference"]);
  const inputs = await writeArrays(
    { x: { dtype: "f32", shape: [2, 3], data: Float32Array.of(1, -2, 3, 0.5, 0, 8) } },
    (i) => join(folder, `other${i}`),
  );
  const wrong = { ...other!, open: () => other!.open({ ...model, inputs }, 1) };
  const leftOut: string[] = [];
  const hooks = { onRound: () => undefined, onLeftOut: (reason: string) => leftOut.push(reason) };
  await compare(model, [x86!, wrong], { ...options, ...hooks }, async (compared) => {
    expect(compared).toHaveLength(1);
  });
  expect(leftOut).toEqual([`coracle reference: its outputs differ by ${2 / 14} of the largest magnitude`]);
});

test("python runs the driver's protocol: times, outputs, memory and errors", async (context) => {
  const engine = await pythonEngine("numpy").catch((error: unknown) => {
    if (!(error instanceof PeerError)) throw error;
    return context.skip(error.message);
  });
  const session = await engine.open(model, 1);
  try {
    expect((await session.run(0)).length).toBe(1);
    const times = await session.run(5);
    expect(times.every((ms) => ms >= 0)).toBe(true);
    expect(Object.values(await session.outputs())).toEqual([
      { dtype: "f32", shape: [2, 3], data: Float32Array.of(2, -4, 6, 1, 0, 14) },
    ]);
  } finally {
    await session.dispose();
  }
  const worker = new Worker(engine.name, engine.worker);
  try {
    const { path, cache, outputs } = model;
    const inputs = [{ name: "x", dtype: "f32", shape: [7], path: model.inputs[0]!.path }];
    await expect(worker.ask("open", { model: path, cache, threads: 1, inputs, outputs })).rejects.toThrow(
      /^numpy: ValueError: /,
    );
    expect((await worker.ask("memory", {})).peakBytes).toBeGreaterThan(1e6);
  } finally {
    worker.kill();
  }
});

test("a process that ends says how, with its last words", async () => {
  const script = "process.stdin.once('data', () => { console.error('no luck'); process.exit(3) })";
  const worker = new Worker("peer", { program: process.execPath, args: ["-e", script] });
  await expect(worker.ask("memory", {})).rejects.toThrow("peer: its process ended with status 3: no luck");
  await expect(worker.ask("memory", {})).rejects.toThrow("peer: its process ended with status 3: no luck");
});

test("a program that is not there says so", async () => {
  const worker = new Worker("peer", { program: join(folder, "no-such-program"), args: [] });
  await expect(worker.ask("memory", {})).rejects.toThrow(/^peer: cannot start .*no-such-program/);
});

test("a name that is not known lists those that are", async () => {
  await expect(peerByName("tvm")).rejects.toThrow(
    'bench: --against has "tvm"; expected onnxruntime, openvino, ncnn, mnn.',
  );
});
