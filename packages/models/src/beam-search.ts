import { ops, type Value } from "@coracle/core";
import type { Layers } from "./layers.ts";
import { isPosition } from "./loop.ts";

/** The token every sequence begins with, which is not in the result, and the one that ends it. */
export const beginToken = 1;
export const endToken = 2;
/** As a logarithm: impossible. */
const never = -1e9;

/** The best sequences so far of each source: N sources, B beams, T positions. */
export interface Beams {
  /** [N,B,T] i64, `endToken` from the end on. */
  readonly sequences: Value;
  /** [N,B]: sums of logarithms of probabilities. */
  readonly scores: Value;
  /** [N,B] bool */
  readonly isDone: Value;
}

/** B, and T. */
export interface BeamSizes {
  readonly numBeams: number;
  readonly length: number;
}

/** One beam that counts and others that the first trip replaces; `sources` has N first. */
export function startBeams(layers: Layers, sources: Value, { numBeams, length }: BeamSizes): Beams {
  const others = Array.from({ length: numBeams }, (_, i) => (i === 0 ? 0 : never));
  const sizes = layers.sizes([[sources, 0], numBeams]);
  return {
    sequences: layers.full("i64", endToken, layers.sizes([[sources, 0], numBeams, length])),
    scores: layers.one(ops.expand, {}, [layers.floats(others, [1, numBeams]), sizes]),
    isDone: layers.full("bool", 0, sizes),
  };
}

/** x [N,B,...] -> [N,B,...]: the rows `beams` [N,B] of each source. */
export function pickBeams(layers: Layers, x: Value, beams: Value): Value {
  return layers.one(ops.gatherND, { batchDims: 1 }, [x, layers.unsqueeze(beams, 2)]);
}

export interface Advance {
  readonly beams: Beams;
  /** [N,B] i64: which beam each one goes on from, and with which token. */
  readonly parents: Value;
  readonly tokens: Value;
}

export interface Candidates extends BeamSizes {
  /** [N,B,V] of all words after all beams, V a number. */
  readonly logits: Value;
  /** The position they are for. */
  readonly index: Value;
}

/** Takes the best of all candidates; a finished beam stays as it is. */
export function advance(layers: Layers, beams: Beams, candidates: Candidates): Advance {
  const { logits, index, numBeams, length } = candidates;
  const numWords = Number(logits.type.shape[2]);
  const staying = Array.from({ length: numWords }, (_, i) => (i === endToken ? 0 : never));
  const done = layers.unsqueeze(beams.isDone, 2);
  const logs = layers.one(ops.logSoftmax, { axis: -1 }, [logits]);
  const gains = layers.one(ops.where, {}, [done, layers.floats(staying), logs]);
  const totals = layers.reshape(layers.add(gains, layers.unsqueeze(beams.scores, 2)), [
    0,
    numBeams * numWords,
  ]);
  const topK = { axis: -1, largest: true, sorted: true };
  const [scores, best] = layers.builder.node(ops.topK, topK, [totals, layers.ints([numBeams])]);
  const words = layers.integer(numWords);
  const parents = layers.one(ops.div, {}, [best!, words]);
  const tokens = layers.one(ops.mod, { fmod: false }, [best!, words]);
  const before = pickBeams(layers, beams.sequences, parents);
  const here = isPosition(layers, length, index);
  const sequences = layers.one(ops.where, {}, [here, layers.unsqueeze(tokens, 2), before]);
  const isDone = layers.one(ops.equal, {}, [tokens, layers.integer(endToken)]);
  return { beams: { sequences, scores: scores!, isDone }, parents, tokens };
}

/** Scores divided by the length penalty of Wu et al. 2016, eq. 14, exponent 0.6; the best first. */
export function finish(
  layers: Layers,
  { sequences, scores }: Beams,
  { numBeams, length }: BeamSizes,
): readonly [Value, Value] {
  const isEnd = layers.one(ops.equal, {}, [sequences, layers.integer(endToken)]);
  const ends = layers.one(ops.cast, { to: "f32" }, [isEnd]);
  const axes = layers.ints([2]);
  const numEnds = layers.one(ops.reduceSum, { keepDims: false, noopWithEmptyAxes: false }, [ends, axes]);
  const sixths = layers.one(ops.div, {}, [layers.sub(layers.scalar(5 + length), numEnds), layers.scalar(6)]);
  const penalty = layers.one(ops.pow, {}, [sixths, layers.scalar(0.6)]);
  const final = layers.one(ops.div, {}, [scores, penalty]);
  const topK = { axis: -1, largest: true, sorted: true };
  const [sorted, order] = layers.builder.node(ops.topK, topK, [final, layers.ints([numBeams])]);
  return [pickBeams(layers, sequences, order!), sorted!];
}
