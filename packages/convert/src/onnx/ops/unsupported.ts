/** Why operators that runtimes know are not read, and what to do instead; by name with domain. */
const search = "a whole search with its decoder inside: export the decoder and search around it";
const device = "it exists for another runtime's device only: export without that device's fusions";
const packed = "rows without padding for one device: export with padded batches";
const ordered = "memory orders of one device: quantise to QuantizeLinear and DequantizeLinear";
const maps = "its result is a map or list of maps: export with zipmap off";

const reasons: Readonly<Record<string, string>> = {
  "ai.onnx.ml.ZipMap": maps,
  "ai.onnx.ml.CastMap": "it reads a map: feed the tensor",
  "ai.onnx.ml.DictVectorizer": "it reads a map: feed the tensor",
  "com.microsoft.BeamSearch": search,
  "com.microsoft.WhisperBeamSearch": search,
  "com.microsoft.GreedySearch": search,
  "com.microsoft.Sampling": search,
  "com.microsoft.EPContext": device,
  "com.microsoft.Snpe": device,
  "com.microsoft.PackedAttention": packed,
  "com.microsoft.PackedMultiHeadAttention": packed,
  "com.microsoft.PagedAttention": packed,
  "com.microsoft.RemovePadding": packed,
  "com.microsoft.RestorePadding": packed,
  "com.microsoft.DecoderMaskedSelfAttention":
    "it shares one buffer of past and present: export with MultiHeadAttention",
  "com.microsoft.DecoderMaskedMultiHeadAttention":
    "it shares one buffer of past and present: export with MultiHeadAttention",
  "com.microsoft.LongformerAttention": device,
  "com.microsoft.QOrderedAttention": ordered,
  "com.microsoft.QOrderedGelu": ordered,
  "com.microsoft.QOrderedLayerNormalization": ordered,
  "com.microsoft.QOrderedLongformerAttention": ordered,
  "com.microsoft.QOrderedMatMul": ordered,
  "com.microsoft.QuantizeWithOrder": ordered,
  "com.microsoft.DequantizeWithOrder": ordered,
  "com.microsoft.GemmFloat8": device,
  "com.microsoft.SparseToDenseMatMul": "it multiplies sparse tensors: export the dense ones",
  "com.microsoft.SparseAttention": "its block mask is in a compressed form: export with GroupQueryAttention",
};

export function unsupportedReason(name: string): string | undefined {
  return Object.hasOwn(reasons, name) ? reasons[name] : undefined;
}
