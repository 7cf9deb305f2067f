import type { Block } from "./program.ts";
import type { Tensor, TensorType } from "./tensor.ts";

/** Constant inputs, where known; aligned with the inputs. */
export type KnownData = readonly (Tensor | undefined)[];

/** A block to run, and what it is given. */
export interface BlockCall {
  readonly block: Block;
  readonly feeds: readonly Tensor[];
}

/** Asks for blocks to be run, one at a time, each answered with its outputs; ends with the outputs of the op. */
export type BlockCalls = Generator<BlockCall, readonly Tensor[], readonly Tensor[]>;

/** What an op means, everywhere. Kernels say how fast, here and there. */
export interface Op<A = unknown> {
  /** camelCase; also its name in files, logs and errors. */
  readonly name: string;
  /**
   * The type rule. `known` holds the inputs that are constants: rules of shape-valued inputs (reshape, slice, ...)
   * read them and give fresh symbols when absent. Throws ShapeError.
   */
  infer(inputs: readonly TensorType[], attrs: A, known: KnownData): readonly TensorType[];
  /** Slow and obvious: oracle, fallback and documentation. Inputs are row-major. */
  reference(inputs: readonly Tensor[], attrs: A): readonly Tensor[];
  /** Of an op with blocks: its reference, with the blocks run by whoever asks. */
  calls?(inputs: readonly Tensor[], attrs: A): BlockCalls;
  /** exact: bit for bit; rounding: within the tolerance table; random: only types and statistics are comparable. */
  readonly accuracy: "exact" | "rounding" | "random";
  /** Inputs beside tensors of numbers: "strings", or "anything" (sequences and optionals too). Absent: none. */
  readonly takes?: "strings" | "anything";
  /** Multiply-adds count as 2. */
  flops?(inputs: readonly TensorType[], outputs: readonly TensorType[], attrs: A): number;
}

/** Fixes the attribute type of an op by inference. */
export function defineOp<A>(op: Op<A>): Op<A> {
  return Object.freeze(op);
}
