export type { Backend, OpenOptions, Probe, Target } from "./backend/backend.ts";
export { type ComposedKernel, composeKernel, withKernels } from "./backend/compose-kernel.ts";
export type { Device, Executable, Location, PlannedStep, RunContext, Segment } from "./backend/device.ts";
export type { Arg, Kernel, LayoutChoice, MaybeLayout, PlanBuilder, StepSpec } from "./backend/kernel.ts";
export type { Precision } from "./backend/precision.ts";
export { reference } from "./backend/reference.ts";
export { Registry } from "./backend/registry.ts";
export { type CompileOptions, compile, type OpenBackend } from "./compile/compile.ts";
export { fuse } from "./compile/fuse.ts";
export { type PlacedNode, type Placement, place } from "./compile/place.ts";
export { type Plan, type PlannedSegment, plan } from "./compile/plan.ts";
export { printPlan } from "./compile/print-plan.ts";
export type { TuningCache, TuningProgress } from "./compile/tune.ts";
export * from "./errors.ts";
export { type NodeNames, ProgramBuilder } from "./ir/build.ts";
export * from "./ir/dtype.ts";
export { elementOf, elementsAgree, formatElement, mergedElement } from "./ir/element.ts";
export { evaluateBlock, evaluateNode } from "./ir/evaluate.ts";
export { inferNode } from "./ir/infer.ts";
export { type NarrowOptions, packedLength, type RoundMode } from "./ir/narrow.ts";
export { isBlock, mapNestedBlocks, nestedBlocks } from "./ir/nested.ts";
export { type BlockCall, type BlockCalls, defineOp, type KnownData, type Op } from "./ir/op.ts";
export { formatType, print } from "./ir/print.ts";
export * from "./ir/program.ts";
export { applyRewrites, isOp, type Rewrite, type RewriteGraph } from "./ir/rewrite.ts";
export * from "./ir/shape.ts";
export * from "./ir/tensor.ts";
export { verify } from "./ir/verify.ts";
export type { Activation } from "./ops/activation.ts";
export * as ops from "./ops/index.ts";
export { type ResolvedWindow, resolveWindow, type WindowAttrs } from "./ops/shared/window.ts";
export { type Pass, rewritePass, runPass, runPasses } from "./passes/pass.ts";
export { optimize, optimizePasses } from "./passes/pipeline.ts";
export { isFullyStatic, specialize } from "./passes/specialize.ts";
export { type Discovered, discover } from "./run/discover.ts";
export type { ExplainRow, Explanation } from "./run/explain.ts";
export type { Feed, Feeds } from "./run/feeds.ts";
export {
  type Fetches,
  type IoInfo,
  type MemoryInfo,
  Predictor,
  type PredictorOptions,
  type ProfileOptions,
  type RunOptions,
} from "./run/predictor.ts";
export type { Profile, ProfileRow } from "./run/profile.ts";
export type { TuningOptions } from "./run/tuning-options.ts";
