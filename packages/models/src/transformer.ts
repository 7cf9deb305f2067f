import { ops, type Program, type Value } from "@coracle/core";
import { advance, type BeamSizes, beginToken, finish, pickBeams, startBeams } from "./beam-search.ts";
import { layerNorm } from "./bert.ts";
import { Layers, type ModelOptions } from "./layers.ts";
import { anyRunning, isPosition, loop, type Trip } from "./loop.ts";

export interface TransformerOptions extends ModelOptions {
  /** Of the encoder, and of the decoder. Default 6. */
  readonly numLayers?: number;
  /** Default 8. */
  readonly numHeads?: number;
  /** Default 512; the feed-forward part is four times as wide. */
  readonly width?: number;
  /** Shared by both languages. Default 37000. */
  readonly vocabularySize?: number;
  /** Sequences kept for each source. Default 4. */
  readonly numBeams?: number;
  /** Tokens of each result. Default 32. */
  readonly maxLength?: number;
}

interface Sizes extends BeamSizes {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly width: number;
}

const maxTokens = 1024;
const masked = -1e9;

/** Vaswani et al. 2017, section 3.5: sines and cosines of positions [count,width]. */
function positions(layers: Layers, count: number, width: number): Value {
  const values = Array.from({ length: count * width }, (_, i) => {
    const [position, channel] = [Math.floor(i / width), i % width];
    const angle = position / 10000 ** ((channel - (channel % 2)) / width);
    return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return layers.floats(values, [count, width]);
}

/** ids [...] -> [...,width], rows of the shared table times the root of the width. */
function embed(layers: Layers, table: Value, ids: Value): Value {
  const rows = layers.one(ops.gather, { axis: 0 }, [table, ids]);
  return layers.mul(rows, layers.scalar(Math.sqrt(Number(table.type.shape[1]))));
}

function feedForward(layers: Layers, x: Value): Value {
  const width = Number(x.type.shape.at(-1));
  return layers.linear(layers.activate(layers.linear(x, 4 * width), "relu"), width);
}

/** Into and out of attention: twice the usual deviation, so that what is attended to counts before training too. */
function project(layers: Layers, x: Value): Value {
  const width = Number(x.type.shape.at(-1));
  return layers.linear(x, width, 2 / Math.sqrt(width));
}

/** x [N,T,C] -> [N,heads,T,D], or [N,heads,D,T] for keys. */
function heads(layers: Layers, x: Value, numHeads: number, areKeys = false): Value {
  const width = Number(x.type.shape[2]);
  const apart = layers.reshape(project(layers, x), [0, 0, numHeads, width / numHeads]);
  return layers.transpose(apart, areKeys ? [0, 2, 3, 1] : [0, 2, 1, 3]);
}

/** query [...,Q,D], keys [...,D,K] and values [...,K,D], mask to add -> [...,Q,D] */
function attend(layers: Layers, query: Value, [key, value]: readonly [Value, Value], mask: Value): Value {
  const factor = layers.scalar(1 / Math.sqrt(Number(query.type.shape.at(-1))));
  const products = layers.mul(layers.one(ops.matMul, {}, [query, key]), factor);
  const shares = layers.one(ops.softmax, { axis: -1 }, [layers.add(products, mask)]);
  return layers.one(ops.matMul, {}, [shares, value]);
}

/** [N,heads,T,D] -> [N,T,C] */
function joined(layers: Layers, x: Value, width: number): Value {
  const rows = layers.reshape(layers.transpose(x, [0, 2, 1, 3]), [0, 0, width]);
  return project(layers, rows);
}

/** Where `is` (bool) holds: what keeps attention away. */
function maskOf(layers: Layers, is: Value): Value {
  return layers.mul(layers.one(ops.cast, { to: "f32" }, [is]), layers.scalar(masked));
}

interface Memory {
  /** Of each layer of the decoder: keys [N,heads,D,S] and values [N,heads,S,D] of the source. */
  readonly pairs: readonly (readonly [Value, Value])[];
  /** [N,1,1,S] */
  readonly mask: Value;
}

function encode(layers: Layers, ids: Value, table: Value, { numLayers, numHeads, width }: Sizes): Memory {
  const range = [layers.ints([0]), layers.dims(ids, 1, 2), layers.ints([0]), layers.ints([1])];
  const rows = layers.one(ops.slice, {}, [positions(layers, maxTokens, width), ...range]);
  const padding = layers.one(ops.equal, {}, [ids, layers.integer(0)]);
  const mask = layers.one(ops.unsqueeze, {}, [maskOf(layers, padding), layers.ints([1, 2])]);
  let x = layers.add(embed(layers, table, ids), rows);
  for (let i = 0; i < numLayers; i++) {
    const [query, key, value] = [false, true, false].map((areKeys) => heads(layers, x, numHeads, areKeys));
    const mixed = joined(layers, attend(layers, query!, [key!, value!], mask), width);
    x = layerNorm(layers, layers.add(x, mixed));
    x = layerNorm(layers, layers.add(x, feedForward(layers, x)));
  }
  const pairs = Array.from(
    { length: numLayers },
    () => [heads(layers, x, numHeads, true), heads(layers, x, numHeads)] as const,
  );
  return { pairs, mask };
}

/** Keys [N,B,heads,D,T] and values [N,B,heads,T,D] of what has been decoded. */
type Cache = readonly [Value, Value];

interface Decoding {
  readonly sizes: Sizes;
  readonly memory: Memory;
  /** [T] bool: the present position; [T]: what hides later ones. */
  readonly here: Value;
  readonly future: Value;
}

/** x [N,B,C] attends to what each beam has decoded; gives the cache with this position. */
function attendToPast(layers: Layers, x: Value, cache: Cache, at: Decoding): readonly [Value, Cache] {
  const { numHeads, width } = at.sizes;
  const [query, key, value] = [3, 4, 3].map((axis) => {
    const apart = layers.reshape(project(layers, x), [0, 0, numHeads, width / numHeads]);
    return layers.unsqueeze(apart, axis);
  }) as [Value, Value, Value];
  const keys = layers.one(ops.where, {}, [at.here, key, cache[0]]);
  const values = layers.one(ops.where, {}, [layers.unsqueeze(at.here, 1), value, cache[1]]);
  const mixed = attend(layers, query, [keys, values], at.future);
  const y = project(layers, layers.reshape(mixed, [0, 0, width]));
  return [layerNorm(layers, layers.add(x, y)), [keys, values]];
}

/** x [N,B,C], one token of each beam -> [N,B,C] and the caches with it. */
function decodeToken(
  layers: Layers,
  embedded: Value,
  caches: readonly Cache[],
  at: Decoding,
): readonly [Value, readonly Cache[]] {
  const { numHeads, width } = at.sizes;
  let x = embedded;
  const next = caches.map((cache, i) => {
    const [attended, grown] = attendToPast(layers, x, cache, at);
    const query = heads(layers, attended, numHeads);
    const mixed = attend(layers, query, at.memory.pairs[i]!, at.memory.mask);
    x = layerNorm(layers, layers.add(attended, joined(layers, mixed, width)));
    x = layerNorm(layers, layers.add(x, feedForward(layers, x)));
    return grown;
  });
  return [x, next];
}

const pairsOf = (values: readonly Value[]): readonly Cache[] =>
  Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i]!, values[2 * i + 1]!] as const);

function decodeTrip({ layers, index, carried, captures }: Trip, table: Value, sizes: Sizes) {
  const [tokens, sequences, scores, isDone, ...cached] = carried as readonly [Value, Value, Value, Value];
  const [mask, ...sources] = captures as readonly [Value, ...Value[]];
  const { length } = sizes;
  const places = layers.ints(Array.from({ length }, (_, i) => i));
  const at: Decoding = {
    sizes,
    memory: { pairs: pairsOf(sources), mask },
    here: isPosition(layers, length, index),
    future: maskOf(layers, layers.one(ops.greater, {}, [places, index])),
  };
  const place = layers.one(ops.gather, { axis: 0 }, [positions(layers, length, sizes.width), index]);
  const embedded = layers.add(embed(layers, table, tokens), place);
  const [x, caches] = decodeToken(layers, embedded, pairsOf(cached), at);
  const logits = layers.one(ops.matMul, {}, [x, layers.transpose(table, [1, 0])]);
  const next = advance(layers, { sequences, scores, isDone }, { ...sizes, logits, index });
  const kept = caches.flat().map((cache) => pickBeams(layers, cache, next.parents));
  const { beams } = next;
  return {
    isRunning: anyRunning(layers, beams.isDone),
    carried: [next.tokens, beams.sequences, beams.scores, beams.isDone, ...kept],
  };
}

/**
 * Transformer base (Vaswani et al. 2017, table 3) with beam search as a loop: ids [N,S] i64 of the source, 0 for
 * padding, S up to 1024 -> ids [N,numBeams,maxLength] i64 of the results, the best first, 2 from the end on, and their
 * scores [N,numBeams]. Encoder and decoder have the parameters of torch.nn.Transformer less its two last norms
 * (44,138,496), the table of words, shared by both languages and the last layer, 37000 x 512 more.
 */
export function transformer(options: TransformerOptions = {}): Program {
  const { numLayers = 6, numHeads = 8, width = 512, vocabularySize = 37000 } = options;
  const { numBeams = 4, maxLength = 32 } = options;
  const sizes = { numLayers, numHeads, width, numBeams, length: maxLength };
  const layers = new Layers(options);
  const ids = layers.input("ids", options.inputShape ?? ["n", "s"], "i64");
  const table = layers.weights("word_embedding.w_0", [vocabularySize, width], Math.sqrt(1 / width));
  const memory = encode(layers, ids, table, sizes);
  const beams = startBeams(layers, ids, sizes);
  const zeros = (...shape: readonly number[]): Value =>
    layers.full("f32", 0, layers.sizes([[ids, 0], numBeams, numHeads, ...shape]));
  const perHead = width / numHeads;
  const start = {
    mostTrips: maxLength,
    carried: [
      layers.full("i64", beginToken, layers.sizes([[ids, 0], numBeams])),
      ...[beams.sequences, beams.scores, beams.isDone],
      ...memory.pairs.flatMap(() => [zeros(perHead, maxLength), zeros(maxLength, perHead)]),
    ],
    captures: [memory.mask, ...memory.pairs.flat()],
  };
  const ends = loop(layers, start, (trip) => decodeTrip(trip, table, sizes));
  const [, sequences, scores, isDone] = ends as readonly [Value, Value, Value, Value];
  return layers.build(finish(layers, { sequences, scores, isDone }, sizes));
}
