import { collector, mebibytes, settledMemory } from "@coracle/conformance";
import { Predictor } from "@coracle/core";
import { expect, test } from "vitest";
import { x86 } from "./index.ts";
import { convNet, inputShape, type NetSizes, noise } from "./testing/conv-net.ts";
import { runProgram } from "./testing/programs.ts";

const cycles = 1_000;
/** The allocator's slack; the packed weights of all cycles together are more than ten times this. */
const allowedResidentBytes = 24 * 2 ** 20;
/** What JavaScript can still reach, typed arrays included. */
const allowedLiveBytes = 2 * 2 ** 20;
const sizes: NetSizes = { layers: 3, channels: 128, size: 12 };

test(`${cycles} times create, run and dispose: resident memory stays flat`, async () => {
  const collect = collector();
  const feed = noise(inputShape(sizes), 1);
  let packedBytes = 0;
  const cycle = async (): Promise<void> => {
    using predictor = await Predictor.create(convNet(sizes), {
      backends: [x86],
      threads: 2,
      fallback: false,
    });
    await predictor.run({ x: feed });
    predictor.runSync({ x: feed });
    packedBytes = predictor.memory.packedBytes;
  };
  for (let i = 0; i < cycles / 2; i++) await cycle();
  const before = await settledMemory(collect);
  for (let i = 0; i < cycles; i++) await cycle();
  const after = await settledMemory(collect);
  const resident = after.resident - before.resident;
  const live = after.live - before.live;
  const told = `${cycles} cycles of ${mebibytes(packedBytes)} packed: resident ${mebibytes(resident)}, live ${mebibytes(live)}`;
  console.log(told);
  expect(packedBytes * cycles, told).toBeGreaterThan(10 * allowedResidentBytes);
  expect(live, told).toBeLessThan(allowedLiveBytes);
  expect(resident, told).toBeLessThan(allowedResidentBytes);
});

test("worker threads ended while their predictors run, ten times over, do no harm", async () => {
  for (let i = 0; i < 10; i++) {
    const outcome = await runProgram("terminate-predictors", 120_000);
    expect(outcome).toEqual({ status: 0, signal: null, stdout: "still right\n", stderr: "" });
  }
});
