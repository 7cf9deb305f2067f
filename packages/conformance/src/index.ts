export {
  type CaseEntry,
  caseId,
  cases,
  constant,
  type Fill,
  f32,
  given,
  type InputSpec,
  ints,
  makeInputs,
  type OpCase,
  random,
  scalar,
  sweep,
} from "./case.ts";
export { opCases } from "./cases/index.ts";
export { type DescribeOptions, describeBackend, type Skip } from "./harness.ts";
export { collector, type Memory, mebibytes, settledMemory } from "./memory.ts";
export { firstDifference, type Tolerance, toleranceOf } from "./tolerance.ts";
