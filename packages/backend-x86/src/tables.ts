import type { Arg, Location, PlannedStep, Segment } from "@coracle/core";
import { bug } from "@coracle/core";
import { addressOf, type Native } from "./native.ts";

const stepWords = 6;
const maxArgs = 1024;
const maxIo = 2 ** 16;
const maxIoOffset = 2 ** 40;
const maxTasks = 2 ** 31 - 1;

/** Which part of `RunContext.io` a segment touches: at least `bytes` of entry `index`. */
interface IoUse {
  readonly index: number;
  readonly bytes: number;
}

/** A segment as the structs of abi.h, little-endian. All that an address in them points to is in `held`. */
export interface Tables {
  /** One coracle_plan. */
  readonly plan: BigUint64Array;
  readonly numSteps: number;
  readonly scratchBytes: number;
  readonly io: readonly IoUse[];
  readonly held: readonly ArrayBufferView[];
}

export const alignUp = (bytes: number): number => Math.ceil(bytes / 64) * 64;

function requireWhole(what: string, value: number, limit: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > limit) {
    bug(`${what} is ${value}; expected a whole number up to ${limit}`);
  }
}

class Packer {
  readonly held: ArrayBufferView[] = [];
  readonly io = new Map<number, number>();
  readonly #segment: Segment;

  constructor(segment: Segment) {
    this.#segment = segment;
  }

  /** The word of an argument, as abi.h describes it. */
  word(arg: Arg): bigint {
    const location = this.#segment.locate(arg);
    if (location.space === "constant") return this.#constant(location.data);
    if (location.space === "arena") {
      requireWhole("an arena offset", location.offsetBytes, this.#segment.scratchOffsetBytes);
      return BigInt(location.offsetBytes);
    }
    return this.#io(location);
  }

  #constant(data: ArrayBufferView): bigint {
    this.held.push(data);
    return (1n << 56n) | addressOf(data);
  }

  #io({ index, offsetBytes }: Extract<Location, { space: "io" }>): bigint {
    requireWhole("an io index", index, maxIo - 1);
    requireWhole("an io offset", offsetBytes, maxIoOffset - 1);
    this.io.set(index, Math.max(this.io.get(index) ?? 0, offsetBytes));
    return (2n << 56n) | (BigInt(index) << 40n) | BigInt(offsetBytes);
  }
}

interface Words {
  readonly steps: Uint32Array;
  readonly args: BigUint64Array;
  readonly params: Int32Array;
}

function emptyWords(steps: readonly PlannedStep[]): Words {
  const numArgs = steps.reduce((sum, { args }) => sum + args.length, 0);
  const numParams = steps.reduce((sum, { params }) => sum + params.length, 0);
  return {
    steps: new Uint32Array(new ArrayBuffer(steps.length * stepWords * 4)),
    args: new BigUint64Array(new ArrayBuffer(numArgs * 8)),
    params: new Int32Array(new ArrayBuffer(numParams * 4)),
  };
}

function checkStep({ kernel, args, tasks, scratchBytes = 0 }: PlannedStep): void {
  requireWhole(`tasks of ${kernel}`, tasks, maxTasks);
  requireWhole(`scratch of ${kernel}`, scratchBytes, maxTasks);
  requireWhole(`the number of arguments of ${kernel}`, args.length, maxArgs);
}

function fill(words: Words, steps: readonly PlannedStep[], native: Native, packer: Packer): void {
  let [arg, param] = [0, 0];
  steps.forEach((step, i) => {
    checkStep(step);
    const kernel = native.kernels.get(step.kernel) ?? bug(`no native kernel "${step.kernel}"`);
    words.steps.set(
      [kernel, arg, step.args.length, param, step.tasks, step.scratchBytes ?? 0],
      i * stepWords,
    );
    for (const each of step.args) words.args[arg++] = packer.word(each);
    words.params.set(step.params, param);
    param += step.params.length;
  });
}

/** Throws on a kernel that the library lacks and on offsets, counts or sizes that the tables cannot hold. */
export function packTables(segment: Segment, native: Native): Tables {
  const { steps } = segment;
  requireWhole("the scratch offset", segment.scratchOffsetBytes, Number.MAX_SAFE_INTEGER);
  const words = emptyWords(steps);
  const packer = new Packer(segment);
  fill(words, steps, native, packer);
  const scratchBytes = steps.reduce((most, step) => Math.max(most, alignUp(step.scratchBytes ?? 0)), 0);
  const plan = BigUint64Array.of(
    addressOf(words.steps),
    addressOf(words.args),
    addressOf(words.params),
    BigInt(steps.length) | (BigInt(scratchBytes) << 32n),
  );
  return {
    plan,
    numSteps: steps.length,
    scratchBytes,
    io: [...packer.io].map(([index, bytes]) => ({ index, bytes })),
    held: [words.steps, words.args, words.params, ...packer.held],
  };
}
