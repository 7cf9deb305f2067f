import { availableParallelism, cpus } from "node:os";
import {
  bug,
  DataError,
  type Device,
  type Executable,
  NativeError,
  type RunContext,
  type Segment,
} from "@coracle/core";
import { Admission } from "./admission.ts";
import { contextOf } from "./context.ts";
import { fingerprint } from "./fingerprint.ts";
import { allocateAligned } from "./memory.ts";
import { type Address, addressOf, type Native, nullAddress, type RunPointers } from "./native.ts";
import { packTables, type Tables } from "./tables.ts";

const status = { ok: 0, cancelled: 1 } as const;
const admission = new Admission();

/** True when the run came to its end, false when it was cancelled. Throws NativeError. */
function isComplete(code: number): boolean {
  if (code === status.ok) return true;
  if (code === status.cancelled) return false;
  throw new NativeError(`x86: the native run ended with status ${code}; expected 0.`);
}

interface PreparedRun {
  readonly pointers: RunPointers;
  /** All that the pointers point to, kept until the run has ended. */
  readonly held: readonly unknown[];
}

class X86Executable implements Executable {
  readonly #native: Native;
  readonly #threads: number;
  readonly #tables: Tables;
  readonly #scratchOffsetBytes: number;

  constructor(native: Native, threads: number, segment: Segment) {
    this.#native = native;
    this.#threads = threads;
    this.#tables = packTables(segment, native);
    this.#scratchOffsetBytes = segment.scratchOffsetBytes;
  }

  runSync(context: RunContext): boolean {
    const { pointers, held } = this.#prepare(context);
    const code = this.#native.run(pointers);
    keep(held);
    return isComplete(code);
  }

  async run(context: RunContext): Promise<boolean> {
    const sizes = context.io.map(({ byteLength }) => byteLength);
    return admission.run(async () => {
      requireSizes(context.io, sizes);
      const { pointers, held } = this.#prepare(context);
      const code = await this.#native.runAsync(pointers);
      keep(held);
      return isComplete(code);
    });
  }

  #prepare(context: RunContext): PreparedRun {
    this.#check(context);
    const io = BigUint64Array.from(context.io, (view) => addressOf(view));
    const arena = context.arena.byteLength === 0 ? nullAddress : addressOf(context.arena);
    const pointers: RunPointers = {
      plan: addressOf(this.#tables.plan),
      arena,
      scratch: (arena + BigInt(this.#scratchOffsetBytes)) as Address,
      io: addressOf(io),
      cancel: addressOf(context.cancel),
      stepNs: context.stepNs ? addressOf(context.stepNs) : nullAddress,
      threads: this.#threads,
    };
    return { pointers, held: [this.#tables, io, context] };
  }

  #check({ arena, io, cancel, stepNs }: RunContext): void {
    const arenaBytes = this.#scratchOffsetBytes + this.#threads * this.#tables.scratchBytes;
    if (arena.byteLength < arenaBytes) bug(`an arena of ${arena.byteLength} bytes; expected ${arenaBytes}`);
    if (arena.byteLength > 0 && addressOf(arena) % 64n !== 0n) bug("an arena off a 64-byte boundary");
    for (const { index, bytes } of this.#tables.io) {
      if ((io[index]?.byteLength ?? -1) < bytes)
        bug(`io ${index} is too small or missing; expected ${bytes} bytes`);
    }
    if (cancel.length < 1) bug("an empty cancel array");
    if (stepNs && stepNs.length < this.#tables.numSteps) bug("too few step times");
  }
}

/** Throws DataError when an array became another size while its run waited for a place. */
function requireSizes(io: readonly ArrayBufferView[], sizes: readonly number[]): void {
  const changed = io.findIndex(({ byteLength }, i) => byteLength !== sizes[i]);
  if (changed < 0) return;
  throw new DataError(
    `x86: input or output ${changed} has ${io[changed]!.byteLength} bytes when its run starts; ` +
      `expected ${sizes[changed]}. Transfer or resize arrays only after the run has ended.`,
  );
}

/** Called after a native call, so that what it used is in use until then. */
function keep(_held: readonly unknown[]): void {}

/** One processor with its threads. The native pool is the process's; this holds no memory of its own. */
export class X86Device implements Device {
  readonly target = "x86";
  readonly description: string;
  readonly threads: number;
  readonly channelBlock: 4 | 8 | 16;
  readonly #native: Native;
  #isDisposed = false;

  constructor(native: Native, threads: number) {
    this.#native = native;
    this.threads = threads;
    this.channelBlock = contextOf(native.level).block;
    const noun = threads === 1 ? "thread" : "threads";
    this.description = `${processorName()}, ${native.level}, ${threads} ${noun}`;
  }

  get kernelSet(): string {
    return fingerprint(this.#native.path);
  }

  call(kernel: string, args: readonly ArrayBufferView[], params: Int32Array, tasks: number): void {
    this.#requireOpen();
    const index = this.#native.kernels.get(kernel) ?? bug(`no native kernel "${kernel}"`);
    const pointers = BigUint64Array.from(args, (view) => addressOf(view));
    const code = this.#native.callKernel(index, pointers, params, tasks);
    if (code !== status.ok)
      throw new NativeError(`x86: kernel "${kernel}" ended with status ${code}; expected 0.`);
  }

  allocate(bytes: number): Uint8Array {
    this.#requireOpen();
    return allocateAligned(this.#native, bytes);
  }

  build(segment: Segment): Executable {
    this.#requireOpen();
    return new X86Executable(this.#native, this.threads, segment);
  }

  dispose(): void {
    this.#isDisposed = true;
  }

  #requireOpen(): void {
    if (this.#isDisposed) bug("an x86 device used after dispose");
  }
}

export function processorName(): string {
  const model = cpus()[0]?.model.trim();
  return model ? model : `x86-64 with ${availableParallelism()} processors`;
}
