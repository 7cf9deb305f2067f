import { expect, test } from "vitest";
import { findOperator, supportedOperators } from "./index.ts";
import { unsupportedReason } from "./unsupported.ts";

/** Every operator that the default domain has or had, up to opset 28. */
const standard = `
Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization
Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike
CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress Concat ConcatFromSequence Constant
ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum DFT DeformConv DepthToSpace
DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor
GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater
GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity
If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual
LinearAttention Log LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool
MaxUnpool Mean MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg
NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement OptionalHasElement
Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN RandomNormal RandomNormalLike
RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax
ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence
RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu SequenceAt SequenceConstruct
SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape Shrink Sigmoid Sign Sin Sinh Size
Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split SplitToSequence Sqrt Squeeze
StringConcat StringNormalizer StringSplit Sub Sum SwiGLU Swish Tan Tanh TensorScatter TfIdfVectorizer
ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor
`;

/** Those of ai.onnx.ml. */
const machineLearning = `
ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer Imputer LabelEncoder
LinearClassifier LinearRegressor Normalizer OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble
TreeEnsembleClassifier TreeEnsembleRegressor ZipMap
`;

/** Of com.microsoft, what quantised and transformer exports hold. */
const microsoft = `
Attention BiasAdd BiasGelu BiasSoftmax BiasSplitGelu CDist ConvTransposeWithDynamicPads CropAndResize DequantizeLinear
DynamicQuantizeLSTM DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm FusedMatMul
FusedMatMulActivation GatherBlockQuantized GatherND Gelu GridSample GroupNorm GroupQueryAttention Inverse Irfft
LayerNormalization LinearAttention MatMulInteger MatMulInteger16 MatMulIntegerToFloat MatMulNBits MaxpoolWithMask
MulInteger MultiHeadAttention NGramRepeatBlock NhwcConv NhwcFusedConv NhwcMaxPool Pad QAttention QGemm QLinearAdd
QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul QLinearReduceMean
QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear QuickGelu Range ReduceSumInteger Rfft RotaryEmbedding
SimplifiedLayerNormalization SkipGroupNorm SkipLayerNormalization SkipSimplifiedLayerNormalization TorchEmbedding
TransposeMatMul Trilu Unique
`;

const list = (text: string): readonly string[] => text.trim().split(/\s+/);
const missing = (domain: string, text: string): readonly string[] =>
  list(text).filter((name) => !findOperator(domain, name));

test("no operator of the standard is unknown", () => {
  expect(missing("", standard)).toEqual([]);
});

test("of ai.onnx.ml only those over maps, and support vectors, are unknown", () => {
  expect(missing("ai.onnx.ml", machineLearning)).toEqual([
    "CastMap",
    "DictVectorizer",
    "SVMClassifier",
    "SVMRegressor",
    "ZipMap",
  ]);
});

test("what exports hold of com.microsoft is known", () => {
  expect(missing("com.microsoft", microsoft)).toEqual([]);
});

test("what is known needs no reason, what searches has one", () => {
  const known = supportedOperators().map(({ domain, name }) => (domain === "" ? name : `${domain}.${name}`));
  expect(known.filter((name) => unsupportedReason(name) !== undefined)).toEqual([]);
  for (const name of ["BeamSearch", "GreedySearch", "Sampling", "PackedAttention", "EPContext"]) {
    expect(unsupportedReason(`com.microsoft.${name}`)).toBeDefined();
  }
});
