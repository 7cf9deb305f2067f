import { ops, type Program, type Value } from "@coracle/core";
import { type BertOptions, embed, encoderLayers, pool } from "./bert.ts";
import { Layers } from "./layers.ts";

/** ids [N,T] -> what is added to products of queries and keys [N,heads,T,T]: -10000 for padding, id 0. */
function paddingMask(layers: Layers, ids: Value): Value {
  const isPadding = layers.one(ops.equal, {}, [ids, layers.integer(0)]);
  const factors = layers.one(ops.cast, { to: "f32" }, [isPadding]);
  const mask = layers.one(ops.mul, {}, [factors, layers.scalar(-1e4)]);
  return layers.one(ops.unsqueeze, {}, [mask, layers.ints([1, 2])]);
}

/**
 * ERNIE 3.0 Base (Sun et al. 2021, as PaddleNLP's ernie-3.0-base-zh of 118 million parameters): ids [N,T] i64 of one
 * segment, 0 for padding, T up to 2048 -> the last hidden states [N,T,width] and the pooled first one [N,width]. 40000
 * words by default.
 */
export function ernieBase(options: BertOptions = {}): Program {
  const { numLayers = 12, numHeads = 12, width = 768, vocabularySize = 40000 } = options;
  const layers = new Layers(options);
  const ids = layers.input("ids", options.inputShape ?? ["n", "t"], "i64");
  const others = { segment_embedding: 4, task_embedding: 3 };
  const embedded = embed(layers, ids, { width, words: vocabularySize, positions: 2048, others });
  const x = encoderLayers(layers, embedded, { numLayers, numHeads, mask: paddingMask(layers, ids) });
  return layers.build([x, pool(layers, x)]);
}
