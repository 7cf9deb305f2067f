/**
 * Other frameworks' model files -> programs, and programs -> ONNX.
 * Knows the op catalogue of core, no backend and no pass.
 */

export { fromCoracle, type ReadOptions } from "./container/read.ts";
export { toCoracle, type WriteOptions } from "./container/write.ts";
export { type LoadOptions, loadModel } from "./load-model.ts";
export type { Attributes } from "./onnx/attributes.ts";
export type { Convert, OnnxContext } from "./onnx/context.ts";
export { type Operators, readAs } from "./onnx/operators.ts";
export { supportedOperators } from "./onnx/ops/index.ts";
export { fromOnnx, type OnnxOptions } from "./onnx/reader.ts";
export { toOnnx } from "./onnx-writer/to-onnx.ts";
export { storeWeights, type WeightForm, weightForms } from "./opt/store-weights.ts";
export { fromPaddle } from "./paddle/load.ts";
export { fromLite } from "./paddle/nb/read-nb.ts";
export { supportedPaddleOperators } from "./paddle/ops/index.ts";
