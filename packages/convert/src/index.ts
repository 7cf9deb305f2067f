/**
 * Other frameworks' model files -> programs, and programs -> ONNX.
 * Knows the op catalogue of core, no backend and no pass.
 */
export { type LoadOptions, loadModel } from "./load-model.ts";
export { supportedOperators } from "./onnx/ops/index.ts";
export { fromOnnx, type OnnxOptions } from "./onnx/reader.ts";
export { toOnnx } from "./onnx-writer/to-onnx.ts";
