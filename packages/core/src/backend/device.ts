import type { Node } from "../ir/program.ts";
import type { Target } from "./backend.ts";
import type { Arg, StepSpec } from "./kernel.ts";

/** Where an `Arg` ended up. Every buffer is owned by JavaScript; native code only borrows its address. */
export type Location =
  | { readonly space: "arena"; readonly offsetBytes: number }
  /** Never an array of the moving heap: `.buffer` has been touched. */
  | { readonly space: "constant"; readonly data: ArrayBufferView }
  /** `index` into RunContext.io: graph inputs, then graph outputs. */
  | { readonly space: "io"; readonly index: number; readonly offsetBytes: number };

export interface PlannedStep extends StepSpec {
  readonly node: Node;
}

/** A maximal run of steps on one device, crossed in one call. */
export interface Segment {
  readonly steps: readonly PlannedStep[];
  /** Where in the arena the threads' scratch starts, 64-byte aligned; threads * max(scratchBytes rounded up to 64) follow. */
  readonly scratchOffsetBytes: number;
  locate(arg: Arg): Location;
}

/** What one inference hands to every segment. */
export interface RunContext {
  /** 64-byte aligned start; values, then the threads' scratch (0 bytes: an empty array). */
  readonly arena: Uint8Array;
  /** Their bytes stay where they are: the caller has touched `.buffer`, so no array lies in the moving heap. */
  readonly io: readonly ArrayBufferView[];
  /** Element 0 becomes non-zero when the caller aborts; devices look at it between steps. */
  readonly cancel: Int32Array;
  /** When present, device step i of the segment adds its nanoseconds at index i. */
  readonly stepNs?: Float64Array;
}

/** A segment made ready for a device. Holds no memory that needs freeing beyond what JavaScript owns. */
export interface Executable {
  /** Returns false when cancelled. */
  runSync(context: RunContext): boolean;
  /** The event loop stays free. Resolves to false when cancelled. */
  run(context: RunContext): Promise<boolean>;
}

export interface Device {
  readonly target: Target;
  /** For people: "AMD EPYC, avx512, 2 threads". */
  readonly description: string;
  readonly threads: number;
  /** Changes with every build of its kernels: times measured with another are void. Absent: one that never changes. */
  readonly kernelSet?: string;
  /** Channels per block of this device's blocked layout; undefined when it has none. */
  readonly channelBlock?: 4 | 8 | 16;
  /** Runs a kernel at once (packing, tuning). */
  call(kernel: string, args: readonly ArrayBufferView[], params: Int32Array, tasks: number): void;
  /** A zeroed block whose start is 64-byte aligned, advised to huge pages when large. */
  allocate(bytes: number): Uint8Array;
  build(segment: Segment): Executable;
  dispose(): void;
}
