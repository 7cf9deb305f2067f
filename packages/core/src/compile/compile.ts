import type { Backend, Target } from "../backend/backend.ts";
import type { Device } from "../backend/device.ts";
import { type Precision, withPrecision } from "../backend/precision.ts";
import { ProgramError } from "../errors.ts";
import type { Program } from "../ir/program.ts";
import { optimize } from "../passes/pipeline.ts";
import { isFullyStatic, specialize } from "../passes/specialize.ts";
import { KernelIndex } from "./candidates.ts";
import { fuse } from "./fuse.ts";
import { place } from "./place.ts";
import { type Plan, plan } from "./plan.ts";
import { Tuner, type Tuning } from "./tune.ts";

/** A backend and its open device. */
export interface OpenBackend {
  readonly backend: Backend;
  readonly device: Device;
}

export interface CompileOptions {
  /** Order is preference. */
  readonly devices: readonly OpenBackend[];
  /** By input name; inputs whose shape is all numbers may be left out. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** "strict" leaves out kernels that round more than the operator's own sums do. Default "fast". */
  readonly precision?: Precision;
}

const optimized = new WeakMap<Program, Program>();

/** Optimised once for each program, so that its plans and predictors see the same constants and share packed ones. */
function optimizeOnce(program: Program): Program {
  const done = optimized.get(program) ?? optimize(program);
  optimized.set(program, done);
  return done;
}

/** The program for concrete input shapes, optimised. */
export function prepare(program: Program, shapes: Readonly<Record<string, readonly number[]>>): Program {
  const generic = optimizeOnce(program);
  const special = specialize(generic, shapes);
  return special === generic ? generic : optimize(special);
}

/** The plan of a program whose shapes are all numbers. Throws NoKernelError. */
export function compileStatic(
  program: Program,
  backends: readonly Backend[],
  devices: ReadonlyMap<Target, Device>,
  tuning?: Tuning,
): Plan {
  const index = new KernelIndex(backends);
  const fused = fuse(program, (node) => index.accepts(node));
  const tuner = tuning && new Tuner(tuning, devices, fused.nodes.length);
  const placement = place(fused, backends, tuner);
  tuner?.finish();
  return plan(placement, devices);
}

/**
 * A program bound to devices and concrete input shapes.
 * Throws ProgramError when a shape depends on data, and NoKernelError.
 */
export function compile(
  program: Program,
  { devices, shapes = {}, precision = "fast" }: CompileOptions,
): Plan {
  const special = prepare(program, shapes);
  if (!isFullyStatic(special)) {
    throw new ProgramError(
      "program: a shape depends on data or on a missing input shape; expected only numbers. Give `shapes`, or use Predictor.",
    );
  }
  return compileStatic(
    special,
    devices.map(({ backend }) => withPrecision(backend, precision)),
    new Map(devices.map(({ backend, device }) => [backend.target, device])),
  );
}
