/** Plans made by hand for the tests of the device. */
import type { Arg, Location, Node, PlannedStep, RunContext, Segment } from "@coracle/core";

export const node = { name: "by-hand" } as Node;

const floatsOf = (count: number): Float32Array => new Float32Array(new ArrayBuffer(count * 4));

export function at(location: Location): Arg {
  return location as unknown as Arg;
}

export const inArena = (offsetBytes: number): Arg => at({ space: "arena", offsetBytes });
export const inIo = (index: number): Arg => at({ space: "io", index, offsetBytes: 0 });

export function segmentOf(steps: readonly Omit<PlannedStep, "node">[], scratchOffsetBytes: number): Segment {
  return {
    steps: steps.map((step) => ({ ...step, node })),
    scratchOffsetBytes,
    locate: (arg) => arg as unknown as Location,
  };
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

export interface CopyChain {
  readonly segment: Segment;
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly arenaBytes: number;
}

/** Copies the input `numSteps` times from place to place, and last to the output. */
export function copyChain(numSteps: number, elements: number): CopyChain {
  const perTask = Math.max(1, Math.ceil(elements / 16));
  const slotBytes = align(elements * 4);
  const slot = (index: number): Arg => inArena((index % 2) * slotBytes);
  const steps = Array.from({ length: numSteps }, (_, i) => ({
    kernel: "bytes_copy",
    args: [i === 0 ? inIo(0) : slot(i), i === numSteps - 1 ? inIo(1) : slot(i + 1)],
    params: Int32Array.of(elements, 4, perTask),
    tasks: Math.ceil(elements / perTask),
    scratchBytes: 64,
  }));
  const input = floatsOf(elements).map((_, i) => i % 1000);
  const scratchOffset = 2 * slotBytes;
  return {
    segment: segmentOf(steps, scratchOffset),
    input,
    output: floatsOf(elements),
    arenaBytes: scratchOffset + 64 * 256,
  };
}

export function contextOf(
  chain: CopyChain,
  arena: Uint8Array,
  cancel: Int32Array = new Int32Array(1),
): RunContext {
  return { arena, io: [chain.input, chain.output], cancel };
}
