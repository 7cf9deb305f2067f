import fc from "fast-check";
import { expect, test } from "vitest";
import type { Backend } from "../backend/backend.ts";
import type { Device, RunContext } from "../backend/device.ts";
import { reference } from "../backend/reference.ts";
import { ProgramBuilder } from "../ir/build.ts";
import { evaluateBlock } from "../ir/evaluate.ts";
import type { Program, Value } from "../ir/program.ts";
import { Tensor } from "../ir/tensor.ts";
import { place } from "./place.ts";
import { plan } from "./plan.ts";
import { blocks } from "./testing/block-backend.ts";
import { cut, flat, join, mix, scale, sum } from "./testing/ops.ts";

const channels = 8;
const shape = [1, channels, 2, 4];
const ramp = (dims: number[], from: number): Tensor => {
  const length = dims.reduce((a, b) => a * b, 1);
  return Tensor.from(
    "f32",
    dims,
    Float32Array.from({ length }, (_, i) => (((i * 7 + from) % 11) - 5) / 4),
  );
};

interface Choice {
  readonly op: "scale" | "sum" | "mix" | "flat" | "join" | "cut";
  readonly a: number;
  readonly b: number;
}

const choice: fc.Arbitrary<Choice> = fc.record({
  op: fc.constantFrom("scale", "scale", "sum", "mix", "mix", "flat", "join", "join", "cut"),
  a: fc.nat(20),
  b: fc.nat(20),
});

function build(choices: readonly Choice[], outputs: readonly number[]): Program {
  const b = new ProgramBuilder();
  const images: Value[] = [b.input("x", "f32", shape), b.constant(ramp(shape, 3), "k")];
  const all: Value[] = [...images];
  const pick = (i: number): Value => images[i % images.length]!;
  choices.forEach(({ op, a, b: other }, i) => {
    if (op === "flat") {
      all.push(b.one(flat, undefined, [pick(a)]));
      return;
    }
    if (op === "join") {
      const joined = b.one(join, undefined, [pick(a), pick(other)]);
      const outer = b.one(join, undefined, [pick(other + 1), joined]);
      all.push(joined, outer);
      const weight = b.constant(ramp([channels, 3 * channels], i), "w");
      images.push(b.one(mix, undefined, [outer, weight]));
      return;
    }
    if (op === "cut") {
      const [first, second] = b.node(cut, undefined, [pick(a)]) as [Value, Value];
      const scaled = b.one(scale, { by: 3 }, [first]);
      all.push(first, second, scaled);
      images.push(b.one(join, undefined, [second, other % 2 === 0 ? scaled : first]));
      return;
    }
    const weight = b.constant(ramp([channels, channels], i), "w");
    const made =
      op === "scale"
        ? b.one(scale, { by: 0.5 }, [pick(a)])
        : op === "sum"
          ? b.one(sum, undefined, [pick(a), pick(other)])
          : b.one(mix, undefined, [pick(a), weight]);
    images.push(made);
    all.push(made);
  });
  return b.build(outputs.map((i) => all[all.length - 1 - (i % all.length)]!));
}

function runFilledWithNaN(
  program: Program,
  devices: ReadonlyMap<string, Device>,
  backends: readonly Backend[],
) {
  const made = plan(place(program, backends), devices);
  const outputs = made.outputs.map(({ type }) => Tensor.zeros("f32", type.shape.map(Number)));
  const feed = ramp(shape, 1);
  const before = [...feed.data];
  const context: RunContext = {
    arena: new Uint8Array(made.arenaBytes).fill(0xff),
    io: [feed.data, ...outputs.map(({ data }) => data)],
    cancel: new Int32Array(1),
  };
  for (const { executable } of made.segments) executable.runSync(context);
  expect([...feed.data]).toEqual(before);
  return outputs;
}

test("random programs, planned over an arena full of NaN, give what the references give", async () => {
  const devices = new Map([
    ["blocks", await blocks.open({})],
    ["reference", await reference.open({})],
  ]);
  fc.assert(
    fc.property(
      fc.array(choice, { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      (choices, outputs, withBlocks) => {
        const program = build(choices, outputs);
        const got = runFilledWithNaN(program, devices, withBlocks ? [blocks, reference] : [reference]);
        const expected = evaluateBlock(program, [ramp(shape, 1)]);
        expected.forEach(({ data }, i) => {
          const largest = Math.max(1, ...Array.from(data as Float32Array, Math.abs));
          data.forEach((value, j) => {
            expect(Math.abs(Number(got[i]!.data[j]) - Number(value)) / largest).toBeLessThan(1e-4);
          });
        });
      },
    ),
    { numRuns: 300 },
  );
  for (const device of devices.values()) device.dispose();
});
