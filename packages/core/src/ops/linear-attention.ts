import { ShapeError } from "../errors.ts";
import { fromNumbers } from "../ir/numeric.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { type Dim, formatShape, isStatic, numElements } from "../ir/shape.ts";
import type { Tensor, TensorType } from "../ir/tensor.ts";
import { canEqual } from "./shared/channels.ts";
import { checkFloat, checkInputs, checkRank } from "./shared/check.ts";
import { doubles, toDoubles } from "./shared/doubles.ts";

export interface LinearAttentionAttrs {
  readonly queryHeads: number;
  readonly heads: number;
  /** Multiplies the output. */
  readonly scale: number;
  /** What the state already holds for the key is taken off the value first. */
  readonly isDelta: boolean;
}

interface Sizes<N extends Dim = Dim> {
  readonly batch: N;
  readonly steps: N;
  readonly depth: N;
  readonly valueDepth: N;
}

function perHead(columns: Dim, heads: number, what: string): Dim {
  if (typeof columns === "string") return `?${what}`;
  if (columns % heads === 0) return columns / heads;
  throw new ShapeError(`${what} has ${columns} columns; expected a multiple of the ${heads} heads.`);
}

function sizesOf([q, k, v, past]: readonly TensorType[], attrs: LinearAttentionAttrs): Sizes {
  const { queryHeads, heads } = attrs;
  if (!(heads >= 1 && queryHeads >= 1) || queryHeads % heads !== 0) {
    throw new ShapeError(`queryHeads ${queryHeads}; expected a multiple of the ${heads} heads.`);
  }
  const sizes = {
    batch: q!.shape[0]!,
    steps: q!.shape[1]!,
    depth: perHead(k!.shape[2]!, heads, "k"),
    valueDepth: perHead(v!.shape[2]!, heads, "v"),
  };
  const state: Dim[] = [sizes.batch, heads, sizes.depth, sizes.valueDepth];
  if (!canEqual(perHead(q!.shape[2]!, queryHeads, "q"), sizes.depth)) {
    throw new ShapeError(`q ${formatShape(q!.shape)}; expected heads of ${sizes.depth} columns as k.`);
  }
  if (past!.shape.length !== 4 || !past!.shape.every((dim, i) => canEqual(dim, state[i]!))) {
    throw new ShapeError(`past has shape ${formatShape(past!.shape)}; expected ${formatShape(state)}.`);
  }
  return sizes;
}

/** Columns per head of decay and beta: one for the head, or (decay) one for each row of the state. */
function checkGate(type: TensorType, allowed: readonly Dim[], what: string): void {
  checkRank(type, 3, 3, what);
  if (allowed.some((columns) => canEqual(columns, type.shape[2]!))) return;
  throw new ShapeError(
    `${what} has shape ${formatShape(type.shape)}; expected ${allowed.join(" or ")} columns.`,
  );
}

interface Step {
  readonly key: number;
  readonly value: number;
  readonly decay: number;
  readonly beta: number;
}

class Recurrence {
  readonly #inputs: readonly Float64Array[];
  readonly #sizes: Sizes<number>;
  readonly #decayPerRow: boolean;
  readonly #isDelta: boolean;
  readonly #change: Float64Array;

  constructor(inputs: readonly Float64Array[], sizes: Sizes<number>, decayPerRow: boolean, isDelta: boolean) {
    this.#inputs = inputs;
    this.#sizes = sizes;
    this.#decayPerRow = decayPerRow;
    this.#isDelta = isDelta;
    this.#change = new Float64Array(sizes.valueDepth);
  }

  /** state = exp(decay) state + beta k (v - [delta] state^T k)^T */
  advance(state: Float64Array, { key, value, decay, beta }: Step): void {
    const [, k, v, , decays, betas] = this.#inputs as Float64Array[];
    const { depth, valueDepth } = this.#sizes;
    for (let i = 0; i < depth; i++) {
      const kept = Math.exp(decays![decay + (this.#decayPerRow ? i : 0)]!);
      for (let j = 0; j < valueDepth; j++) state[i * valueDepth + j]! *= kept;
    }
    for (let j = 0; j < valueDepth; j++) {
      let known = 0;
      for (let i = 0; this.#isDelta && i < depth; i++) known += k![key + i]! * state[i * valueDepth + j]!;
      this.#change[j] = (v![value + j]! - known) * betas![beta]!;
    }
    for (let i = 0; i < depth; i++) {
      for (let j = 0; j < valueDepth; j++) state[i * valueDepth + j]! += k![key + i]! * this.#change[j]!;
    }
  }
}

function attend(inputs: readonly Tensor[], attrs: LinearAttentionAttrs): readonly Tensor[] {
  const sizes = sizesOf(
    inputs.map(({ type }) => type),
    attrs,
  ) as Sizes<number>;
  const { batch, steps, depth, valueDepth } = sizes;
  const { queryHeads, heads, scale } = attrs;
  const arrays = inputs.map(toDoubles);
  const states = Float64Array.from(arrays[3]!);
  const decayColumns = inputs[4]!.shape[2]!;
  const betaColumns = inputs[5]!.shape[2]!;
  const decayPerRow = decayColumns !== heads;
  const recurrence = new Recurrence(arrays, sizes, decayPerRow, attrs.isDelta);
  const shape = [batch, steps, queryHeads * valueDepth];
  const [q, out] = [arrays[0]!, doubles(shape)];
  const group = queryHeads / heads;
  for (let at = 0; at < batch * steps * heads; at++) {
    const [row, head] = [Math.floor(at / heads), at % heads];
    const size = depth * valueDepth;
    const first = (Math.floor(row / steps) * heads + head) * size;
    const state = states.subarray(first, first + size);
    recurrence.advance(state, {
      key: at * depth,
      value: at * valueDepth,
      decay: row * decayColumns + head * (decayPerRow ? depth : 1),
      beta: row * betaColumns + (betaColumns === 1 ? 0 : head),
    });
    for (let query = head * group; query < (head + 1) * group; query++) {
      const [from, to] = [(row * queryHeads + query) * depth, (row * queryHeads + query) * valueDepth];
      for (let i = 0; i < depth; i++) {
        const factor = q[from + i]! * scale;
        for (let j = 0; j < valueDepth; j++) out[to + j]! += factor * state[i * valueDepth + j]!;
      }
    }
  }
  return [fromNumbers(inputs[0]!.dtype, shape, out), fromNumbers(inputs[3]!.dtype, inputs[3]!.shape, states)];
}

/**
 * q [B,T,queryHeads*D], k [B,T,heads*D], v [B,T,heads*E], past [B,heads,D,E], decay [B,T,heads or heads*D] (of the
 * logarithm), beta [B,T,heads or 1] -> y [B,T,queryHeads*E], state [B,heads,D,E]: step by step
 * state = exp(decay) state + beta k v^T (isDelta: v less state^T k), y = scale q^T state. Of floats. Throws ShapeError.
 */
export const linearAttention: Op<LinearAttentionAttrs> = defineOp<LinearAttentionAttrs>({
  name: "linearAttention",
  accuracy: "rounding",
  infer(inputs, attrs) {
    checkInputs(inputs, 6);
    const [q, , , past, decay, beta] = inputs;
    inputs.slice(0, 3).forEach((type, i) => {
      checkFloat(type, "qkv"[i]!);
      checkRank(type, 3, 3, "qkv"[i]!);
    });
    const { batch, steps, depth, valueDepth } = sizesOf(inputs, attrs);
    const { heads, queryHeads } = attrs;
    checkGate(decay!, [heads, typeof depth === "number" ? heads * depth : depth], "decay");
    checkGate(beta!, [heads, 1], "beta");
    const columns = typeof valueDepth === "number" ? valueDepth * queryHeads : "?columns";
    return [
      { dtype: q!.dtype, shape: [batch, steps, columns] },
      { dtype: past!.dtype, shape: [batch, heads, depth, valueDepth] },
    ];
  },
  reference: attend,
  flops([q, , v], _, { heads }) {
    if (!isStatic(q!.shape) || !isStatic(v!.shape)) return 0;
    return (8 * numElements(q!.shape) * v!.shape[2]!) / heads;
  },
});
