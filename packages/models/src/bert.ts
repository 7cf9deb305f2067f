import { ops, type Program, Tensor, type Value } from "@coracle/core";
import { Layers, type ModelOptions } from "./layers.ts";

export interface BertOptions extends ModelOptions {
  /** Default 12. */
  readonly numLayers?: number;
  /** Default 12. */
  readonly numHeads?: number;
  /** Default 768; the feed-forward part is four times as wide. */
  readonly width?: number;
  /** Default 30522. */
  readonly vocabularySize?: number;
}

/** Standard deviation of every weight (Devlin et al. 2019, their code). */
const deviation = 0.02;
const maxTokens = 512;

export function layerNorm(layers: Layers, x: Value): Value {
  const name = layers.next("layer_norm");
  const width = Number(x.type.shape.at(-1));
  const vectors = [layers.vector(`${name}.w_0`, width, 1), layers.vector(`${name}.b_0`, width, 0)];
  return layers.builder.one(ops.layerNorm, { axis: -1, epsilon: 1e-12 }, [x, ...vectors], { name });
}

interface Embedding {
  readonly width: number;
  /** Rows of the tables. */
  readonly words: number;
  readonly positions: number;
  /** Of each further table, the first row of which is added everywhere. */
  readonly others: Readonly<Record<string, number>>;
}

/** ids [N,T] -> [N,T,width]: word, position and further embeddings added and normed. */
export function embed(
  layers: Layers,
  ids: Value,
  { width, words: numWords, positions: most, others }: Embedding,
): Value {
  const table = (name: string, rows: number): Value =>
    layers.weights(`${name}.w_0`, [rows, width], deviation);
  const words = layers.one(ops.gather, { axis: 0 }, [table("word_embedding", numWords), ids]);
  const range = [layers.ints([0]), layers.dims(ids, 1, 2), layers.ints([0]), layers.ints([1])];
  const positions = layers.one(ops.slice, {}, [table("position_embedding", most), ...range]);
  const extras = Object.entries(others).map(([name, rows]) =>
    layers.one(ops.gather, { axis: 0 }, [table(name, rows), layers.ints([0])]),
  );
  const everywhere = extras.reduce((sum, extra) => layers.add(sum, extra), words);
  return layerNorm(layers, layers.add(everywhere, positions));
}

/** x [N,T,C] -> [N,T,C] (Vaswani et al. 2017, section 3.2.2); the mask is added to the products [N,heads,T,T]. */
function attention(layers: Layers, x: Value, numHeads: number, mask?: Value): Value {
  const width = Number(x.type.shape[2]);
  const heads = (perm: readonly number[]): Value => {
    const projected = layers.linear(x, width, deviation);
    return layers.transpose(layers.reshape(projected, [0, 0, numHeads, width / numHeads]), perm);
  };
  const [query, key, value] = [heads([0, 2, 1, 3]), heads([0, 2, 3, 1]), heads([0, 2, 1, 3])];
  const factor = Tensor.scalar("f32", 1 / Math.sqrt(width / numHeads));
  const products = layers.one(ops.matMul, {}, [query, key]);
  const scaled = layers.one(ops.mul, {}, [products, layers.builder.constant(factor, "scale")]);
  const masked = mask ? layers.add(scaled, mask) : scaled;
  const shares = layers.one(ops.softmax, { axis: -1 }, [masked]);
  const mixed = layers.transpose(layers.one(ops.matMul, {}, [shares, value]), [0, 2, 1, 3]);
  return layers.linear(layers.reshape(mixed, [0, 0, width]), width, deviation);
}

function feedForward(layers: Layers, x: Value): Value {
  const width = Number(x.type.shape[2]);
  const wide = layers.linear(x, 4 * width, deviation);
  const active = layers.one(ops.gelu, { approximate: "none" }, [wide]);
  return layers.linear(active, width, deviation);
}

export interface EncoderOptions {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly mask?: Value;
}

/** x [N,T,C] -> [N,T,C] after layers of attention and a feed-forward network, normed after each. */
export function encoderLayers(
  layers: Layers,
  embedded: Value,
  { numLayers, numHeads, mask }: EncoderOptions,
): Value {
  let x = embedded;
  for (let i = 0; i < numLayers; i++) {
    x = layerNorm(layers, layers.add(x, attention(layers, x, numHeads, mask)));
    x = layerNorm(layers, layers.add(x, feedForward(layers, x)));
  }
  return x;
}

/** x [N,T,C] -> [N,C] of the first token. */
export function pool(layers: Layers, x: Value): Value {
  const index = layers.builder.constant(Tensor.scalar("i64", 0), "first");
  const first = layers.one(ops.gather, { axis: 1 }, [x, index]);
  return layers.one(ops.tanh, {}, [layers.linear(first, Number(x.type.shape[2]), deviation)]);
}

/**
 * BERT-base (Devlin et al. 2019): ids [N,T] i64 of one segment without padding, T up to 512 -> the last hidden states
 * [N,T,width] and the pooled first one [N,width].
 */
export function bertBase(options: BertOptions = {}): Program {
  const { numLayers = 12, numHeads = 12, width = 768, vocabularySize = 30522 } = options;
  const layers = new Layers(options);
  const ids = layers.input("ids", options.inputShape ?? ["n", "t"], "i64");
  const tables = { width, words: vocabularySize, positions: maxTokens, others: { segment_embedding: 2 } };
  const x = encoderLayers(layers, embed(layers, ids, tables), { numLayers, numHeads });
  return layers.build([x, pool(layers, x)]);
}
