import type { Op } from "../ir/op.ts";
import type { Node, Value } from "../ir/program.ts";
import type { Layout, Tensor } from "../ir/tensor.ts";

/** undefined is row-major. */
export type MaybeLayout = Layout | undefined;

/** One way a kernel can take and give its values; aligned with the node's inputs and outputs. */
export interface LayoutChoice {
  readonly inputs: readonly MaybeLayout[];
  readonly outputs: readonly MaybeLayout[];
}

/** Offsets in bytes, aligned with the inputs (of the first output) or the outputs (of the first input). */
export interface PartOffsets {
  readonly of: "output" | "input";
  readonly offsets: readonly number[];
}

/** One implementation of an op on a target. */
export interface Kernel<A = unknown> {
  readonly op: Op<A>;
  /** "x86/conv-direct": shown in profiles and errors. Named for the algorithm. */
  readonly name: string;
  /**
   * True: rounding errors are a multiple of what the op's own sums make (below 1e-3 of the output's size), or an
   * infinity makes its neighbours NaN. Not used where `precision` is "strict".
   */
  readonly isApproximate?: true;
  /** All shapes are numbers here. The string is the reason, for people. Layouts are not looked at. */
  supports(node: Node<A>): true | string;
  /** Preferred first; absent: row-major everywhere. */
  layouts?(node: Node<A>): readonly LayoutChoice[];
  /** Estimated nanoseconds on one thread with its preferred layouts. */
  costNs(node: Node<A>): number;
  /** Packs weights, reserves scratch, emits steps. The values' types now carry the chosen layouts. */
  lower(node: Node<A>, plan: PlanBuilder): void;
  /** Inputs whose bytes the first output may overwrite when nobody else needs them (same stored size). */
  inPlace?(node: Node<A>): readonly number[];
  /** True: the first output is the first input's bytes, unchanged (reshape); `lower` is not called. */
  isView?(node: Node<A>): boolean;
  /**
   * The inputs' bytes, unchanged, are ranges of the first output (concat) or the outputs' of the first input (split).
   * The planner may let some of them lie there: `lower`'s steps then find both at one address, and must not mind.
   * When all do, nothing is lowered.
   */
  parts?(node: Node<A>): PartOffsets | undefined;
}

declare const argBrand: unique symbol;
/** Where bytes will be when a step runs; resolved by the planner once offsets are known. */
export interface Arg {
  readonly [argBrand]: "arg";
}

/** What a device executes: a kernel of the device by name, pointers, parameters, and how many tasks it splits into. */
export interface StepSpec {
  readonly kernel: string;
  readonly args: readonly Arg[];
  /** Int32 words; floats as their bit patterns. */
  readonly params: Int32Array;
  /** Independent pieces, numbered 0..tasks-1, that threads share out. */
  readonly tasks: number;
  /** Scratch for each thread, in bytes. */
  readonly scratchBytes?: number;
}

/** Given to `Kernel.lower`. */
export interface PlanBuilder {
  readonly threads: number;
  arg(value: Value): Arg;
  /** Arena bytes that live during this node only. */
  temporary(bytes: number): Arg;
  /**
   * Bytes derived from a constant (packed weights), made once per device and shared by every plan that asks for
   * the same tensor and key. `fill` writes all of `target`, which starts zeroed and 64-byte aligned.
   */
  packed(source: Tensor, key: string, bytes: number, fill: (target: Uint8Array) => void): Arg;
  /** Runs one of the device's kernels at once, for packing. Arrays are passed by pointer. */
  call(kernel: string, args: readonly ArrayBufferView[], params: Int32Array, tasks: number): void;
  step(spec: StepSpec): void;
}
