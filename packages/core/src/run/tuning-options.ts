import type { Tuning, TuningCache, TuningProgress } from "../compile/tune.ts";
import { DataError } from "../errors.ts";
import { defaultTuningFile, TuningFile } from "./tuning-file.ts";

export interface TuningOptions {
  /**
   * What settles which kernel runs a node where estimates are close. "off": the estimates, so that a plan depends on
   * the program and the device only. "cached": times that are known from before. "measure": these, and new ones
   * taken while planning, which blocks the event loop. Default "off".
   */
  readonly tuning?: "off" | "cached" | "measure";
  /** Where times are kept. Default: coracle/tuning.json in XDG_CACHE_HOME or ~/.cache. */
  readonly tuningFile?: string;
  /** Takes the place of the file. */
  readonly tuningCache?: TuningCache;
  /** Measuring time of one plan in milliseconds; later plans measure the rest. Default 2000. */
  readonly tuningBudgetMs?: number;
  /** Called before each node that is measured. */
  readonly onTuning?: (progress: TuningProgress) => void;
}

const modes: readonly unknown[] = ["off", "cached", "measure"];

/** Undefined when tuning is off. Throws DataError. */
export function tuningOf(options: TuningOptions): Tuning | undefined {
  const { tuning = "off", tuningFile, tuningCache, tuningBudgetMs = 2000, onTuning } = options;
  if (!modes.includes(tuning)) {
    throw new DataError(`predictor: tuning "${tuning}"; expected "off", "cached" or "measure".`);
  }
  if (!(tuningBudgetMs >= 0)) {
    throw new DataError(`predictor: tuningBudgetMs ${tuningBudgetMs}; expected a number of at least 0.`);
  }
  if (tuning === "off") return undefined;
  const cache = tuningCache ?? new TuningFile(tuningFile ?? defaultTuningFile());
  const base: Tuning = { mode: tuning, cache, budgetMs: tuningBudgetMs };
  return onTuning ? { ...base, onProgress: onTuning } : base;
}
