import type { Device, RunContext } from "../backend/device.ts";
import { alignUp } from "./arena.ts";
import type { PlacedNode } from "./place.ts";
import { type Plan, pinBuffer, plan } from "./plan.ts";
import { valueBytes } from "./storage.ts";
import { fillNoise } from "./tune-data.ts";

/** One way to run a node, and the device that would. */
export interface Contender {
  readonly device: Device;
  readonly placed: PlacedNode;
}

export interface Measured {
  /** Nanoseconds of the fastest run of each contender. */
  readonly times: readonly number[];
  /** Constants that each contender reads. */
  readonly packed: readonly (readonly Uint8Array[])[];
}

const fewestRounds = 3;
const mostRounds = 15;
/** Fast kernels get more rounds than the fewest, until so much time is measured. */
const enoughNs = 1e6;
/** A fastest run counts when the second fastest comes this close: on a busy machine few runs are undisturbed. */
const agreement = 1.05;

interface Runnable {
  readonly plan: Plan;
  readonly contexts: readonly RunContext[];
  readonly inputs: readonly Uint8Array[];
}

/** Runs contenders in turns over memory of its own, which it keeps for the next node. */
export class Stopwatch {
  readonly #memory = new Map<Device, Uint8Array>();

  measure(contenders: readonly Contender[]): Measured {
    const plans = contenders.map(planAlone);
    const runnables = plans.map((made) => this.#runnable(made));
    for (const one of runnables) this.#time(one);
    const taken = runnables.map((): number[] => []);
    let spentNs = 0;
    const isSettled = (): boolean => spentNs >= enoughNs && taken.every(isAgreed);
    for (let round = 0; round < fewestRounds || (round < mostRounds && !isSettled()); round++) {
      for (const [i, one] of runnables.entries()) {
        const ns = this.#time(one);
        taken[i]!.push(ns);
        spentNs += ns;
      }
    }
    const times = taken.map((all) => Math.min(...all));
    return { times, packed: plans.map(({ packed }) => packed) };
  }

  /** As in a network: the inputs have just been written. */
  #time({ plan: { segments, inputs: values }, contexts, inputs }: Runnable): number {
    for (const [i, input] of inputs.entries()) fillNoise(input, values[i]!.type.dtype);
    for (const { stepNs } of contexts) stepNs!.fill(0);
    const start = performance.now();
    segments.forEach(({ executable }, i) => void executable.runSync(contexts[i]!));
    const wallNs = (performance.now() - start) * 1e6;
    const stepsNs = contexts.reduce((sum, { stepNs }) => stepNs!.reduce((all, ns) => all + ns, sum), 0);
    return stepsNs > 0 ? stepsNs : wallNs;
  }

  #runnable(made: Plan): Runnable {
    const sizes = [...made.inputs, ...made.outputs].map(valueBytes);
    const ioBytes = sizes.reduce((sum, size) => sum + alignUp(size), 0);
    const memory = this.#take(made.arenaDevice, ioBytes + made.arenaBytes);
    const arena = memory.subarray(ioBytes, ioBytes + made.arenaBytes);
    let offset = 0;
    const io = sizes.map((size) => {
      const view = memory.subarray(offset, offset + size);
      offset += alignUp(size);
      return view;
    });
    const cancel = new Int32Array(1);
    pinBuffer(cancel);
    const contexts = made.segments.map(({ steps }): RunContext => {
      const stepNs = new Float64Array(steps.length);
      pinBuffer(stepNs);
      return { arena, io, cancel, stepNs };
    });
    return { plan: made, contexts, inputs: io.slice(0, made.inputs.length) };
  }

  #take(device: Device, bytes: number): Uint8Array {
    const there = this.#memory.get(device);
    if (there && there.byteLength >= bytes) return there;
    const made = device.allocate(bytes);
    this.#memory.set(device, made);
    return made;
  }
}

function isAgreed(taken: readonly number[]): boolean {
  const [first, second] = taken.toSorted((a, b) => a - b);
  return second! <= first! * agreement;
}

function planAlone({ device, placed }: Contender): Plan {
  const { inputs, outputs } = placed.node;
  const fed = [...new Set(inputs.filter(({ data }) => !data))];
  return plan({ inputs: fed, outputs, nodes: [placed] }, new Map([[placed.target, device]]));
}
