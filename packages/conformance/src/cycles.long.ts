import { ops, Predictor, type Program, ProgramBuilder, Tensor } from "@coracle/core";
import { expect, test } from "vitest";
import { collector, mebibytes, settledMemory } from "./memory.ts";

const cycles = 1_000;
/** The allocator's slack; the weights of all cycles together are ten times this. */
const allowedResidentBytes = 24 * 2 ** 20;
/** What JavaScript can still reach, typed arrays included. */
const allowedLiveBytes = 2 * 2 ** 20;

function network(): Program {
  const b = new ProgramBuilder();
  let value = b.input("x", "f32", [1, 16, 4, 4]);
  const attrs = {
    strides: [1, 1],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    groups: 1,
    autoPad: "none" as const,
  };
  for (const outputs of [64, 64, 16]) {
    const inputs = Number(value.type.shape[1]);
    const weight = Tensor.zeros("f32", [outputs, inputs, 3, 3]);
    value = b.one(ops.relu, {}, [b.one(ops.conv, attrs, [value, b.constant(weight)])]);
  }
  return b.build([value]);
}

test(`${cycles} times create, run and dispose: resident memory stays flat`, async () => {
  const collect = collector();
  const feed = Tensor.zeros("f32", [1, 16, 4, 4]);
  const cycle = async (): Promise<string> => {
    using predictor = await Predictor.create(network());
    await predictor.run({ x: feed });
    return predictor.explain().notes[0]!;
  };
  for (let i = 0; i < cycles; i++) await cycle();
  const before = await settledMemory(collect);
  let device = "";
  for (let i = 0; i < cycles; i++) device = await cycle();
  const after = await settledMemory(collect);
  const resident = after.resident - before.resident;
  const live = after.live - before.live;
  console.log(`${device}: ${cycles} cycles, resident ${mebibytes(resident)}, live ${mebibytes(live)}`);
  expect(live).toBeLessThan(allowedLiveBytes);
  expect(resident).toBeLessThan(allowedResidentBytes);
});
