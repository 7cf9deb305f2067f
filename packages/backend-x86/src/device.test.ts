import type { Device } from "@coracle/core";
import { beforeAll, describe, expect, test } from "vitest";
import { x86 } from "./index.ts";
import { addressOf } from "./native.ts";
import { contextOf, copyChain, inArena, inIo, segmentOf } from "./testing/plans.ts";
import { runProgram } from "./testing/programs.ts";

describe.each([1, 2, 5])("%i threads", (threads) => {
  let device: Device;
  beforeAll(async () => {
    device = await x86.open({ threads });
  });

  test("runs a plan, at once and beside the event loop", async () => {
    const chain = copyChain(7, 5003);
    const executable = device.build(chain.segment);
    const arena = device.allocate(chain.arenaBytes);
    expect(executable.runSync(contextOf(chain, arena))).toBe(true);
    expect(chain.output).toEqual(chain.input);
    chain.output.fill(-1);
    expect(await executable.run(contextOf(chain, arena))).toBe(true);
    expect(chain.output).toEqual(chain.input);
  });

  test("runs at the same time do not disturb each other", async () => {
    const chains = Array.from({ length: 12 }, (_, i) => copyChain(20, 3000 + i * 517));
    const runs = chains.map((chain) =>
      device.build(chain.segment).run(contextOf(chain, device.allocate(chain.arenaBytes))),
    );
    expect(await Promise.all(runs)).toEqual(chains.map(() => true));
    for (const chain of chains) expect(chain.output).toEqual(chain.input);
  });

  test("a cancelled run says so and leaves the device usable", async () => {
    const chain = copyChain(4000, 100_000);
    const executable = device.build(chain.segment);
    const arena = device.allocate(chain.arenaBytes);
    expect(executable.runSync(contextOf(chain, arena, Int32Array.of(1)))).toBe(false);
    const cancel = new Int32Array(new ArrayBuffer(4));
    const run = executable.run(contextOf(chain, arena, cancel));
    cancel[0] = 1;
    expect(await run).toBe(false);
    expect(executable.runSync(contextOf(chain, arena))).toBe(true);
    expect(chain.output).toEqual(chain.input);
  });

  test("adds the time of each step", () => {
    const chain = copyChain(4, 50_000);
    const stepNs = new Float64Array(new ArrayBuffer(32));
    device.build(chain.segment).runSync({ ...contextOf(chain, device.allocate(chain.arenaBytes)), stepNs });
    expect(Math.min(...stepNs)).toBeGreaterThan(0);
  });
});

test("timers fire while a run is under way", async () => {
  const device = await x86.open({ threads: 1 });
  const chain = copyChain(400, 1_000_000);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await device.build(chain.segment).run(contextOf(chain, device.allocate(chain.arenaBytes)));
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(10);
});

test("more runs than Node's thread pool holds", async () => {
  const device = await x86.open({ threads: 1 });
  const chains = Array.from({ length: 400 }, () => copyChain(2, 64));
  const arena = (bytes: number): Uint8Array => device.allocate(bytes);
  await Promise.all(
    chains.map((chain) => device.build(chain.segment).run(contextOf(chain, arena(chain.arenaBytes)))),
  );
  expect(chains.every(({ input, output }) => output.every((value, i) => value === input[i]))).toBe(true);
});

test("an array transferred while its run waits for a place: DataError", async () => {
  const device = await x86.open({ threads: 1 });
  const chains = Array.from({ length: 20 }, () => copyChain(20, 20_000));
  const runs = chains.map((chain) =>
    device.build(chain.segment).run(contextOf(chain, device.allocate(chain.arenaBytes))),
  );
  const last = chains.at(-1)!;
  const rejected = expect(runs.pop()).rejects.toThrow(
    "x86: input or output 0 has 0 bytes when its run starts; expected 80000.",
  );
  const { buffer } = last.input;
  structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
  await rejected;
  expect(await Promise.all(runs)).toEqual(runs.map(() => true));
});

test("call runs one kernel", async () => {
  const device = await x86.open({ threads: 1 });
  const from = Uint8Array.of(1, 2, 3, 4, 5);
  const to = new Uint8Array(5);
  device.call("bytes_copy", [from, to], Int32Array.of(5, 1, 2), 3);
  expect(to).toEqual(from);
  expect(() => device.call("none", [], new Int32Array(0), 1)).toThrow('no native kernel "none"');
});

test.each([0, 1, 100, 2 ** 22, 2 ** 22 + 12345])("allocates %i zeroed, aligned bytes", async (bytes) => {
  const device = await x86.open({ threads: 1 });
  const block = device.allocate(bytes);
  expect(block.byteLength).toBe(bytes);
  if (bytes > 0) expect(addressOf(block) % (bytes >= 2 ** 22 ? 2n ** 21n : 64n)).toBe(0n);
  expect(block.every((byte) => byte === 0)).toBe(true);
});

describe("a plan that would crash native code throws", () => {
  const copy = { kernel: "bytes_copy", args: [inIo(0), inIo(1)], params: Int32Array.of(1, 4, 1), tasks: 1 };
  const cases: readonly [string, Partial<typeof copy> & { scratchBytes?: number }, string][] = [
    ["unknown kernel", { kernel: "none" }, 'no native kernel "none"'],
    [
      "arena offset behind the arena",
      { args: [inArena(999), inIo(1)] },
      "an arena offset is 999; expected a whole number up to 128",
    ],
    ["negative tasks", { tasks: -1 }, "tasks of bytes_copy is -1"],
    ["io index", { args: [inIo(-1), inIo(1)] }, "an io index is -1"],
    [
      "too many arguments",
      { args: Array.from({ length: 1025 }, () => inIo(0)) },
      "the number of arguments of bytes_copy is 1025",
    ],
  ];
  test.each(cases)("%s", async (_, change, message) => {
    const device = await x86.open({ threads: 1 });
    expect(() => device.build(segmentOf([{ ...copy, ...change }], 128))).toThrow(message);
  });

  test("run context", async () => {
    const device = await x86.open({ threads: 2 });
    const chain = copyChain(2, 100);
    const executable = device.build(chain.segment);
    const arena = device.allocate(chain.arenaBytes);
    const context = contextOf(chain, arena);
    expect(() => executable.runSync({ ...context, io: [chain.input] })).toThrow(
      "io 1 is too small or missing",
    );
    expect(() => executable.runSync({ ...context, arena: arena.subarray(0, 64) })).toThrow(
      "an arena of 64 bytes",
    );
    expect(() => executable.runSync({ ...context, arena: arena.subarray(4) })).toThrow(
      "off a 64-byte boundary",
    );
    expect(() => executable.runSync({ ...context, cancel: new Int32Array(0) })).toThrow(
      "an empty cancel array",
    );
    expect(() => executable.runSync({ ...context, stepNs: new Float64Array(1) })).toThrow(
      "too few step times",
    );
  });

  test("a disposed device", async () => {
    const device = await x86.open({ threads: 1 });
    device.dispose();
    expect(() => device.allocate(1)).toThrow("an x86 device used after dispose");
  });
});

test("worker threads ended in the middle of a run do no harm", async () => {
  expect(await runProgram("terminate")).toEqual({
    status: 0,
    signal: null,
    stdout: "still right\n",
    stderr: "",
  });
});
