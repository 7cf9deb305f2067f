import { loadModel } from "@coracle/convert";
import {
  BackendUnavailableError,
  type Discovered,
  discover,
  Predictor,
  type Program,
  type TuningOptions,
} from "@coracle/core";
import { SingleBar } from "cli-progress";

const tuningBudgetMs = 30_000;

export interface PredictorOptions {
  readonly threads?: number;
  /** Target names, the most preferred first; absent: all that are found. "reference" runs without kernels. */
  readonly backends?: readonly string[];
  /** Times kernels where estimates are close, with a bar on stderr, and remembers the times. */
  readonly tune?: boolean;
}

/** A predictor on the backends named. Throws BackendUnavailableError for a name that was not found. */
export async function openPredictor(source: string | Program, options: PredictorOptions): Promise<Predictor> {
  const program = typeof source === "string" ? await loadModel(source) : source;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const backends = options.backends ? { backends: await selectAll(options.backends) } : {};
  if (!options.tune) return Predictor.create(program, { ...threads, ...backends });
  const bar = tuningBar();
  try {
    return await Predictor.create(program, { ...threads, ...backends, ...bar.options });
  } finally {
    bar.stop();
  }
}

interface TuningBar {
  readonly options: TuningOptions;
  stop(): void;
}

function tuningBar(): TuningBar {
  const format = "tuning {bar} {value}/{total} nodes";
  const bar = new SingleBar({ stream: process.stderr, format, clearOnComplete: true });
  const onTuning: TuningOptions["onTuning"] = ({ done, total }) => {
    if (!bar.isActive) bar.start(total, done);
    bar.update(done);
    bar.render();
  };
  return { options: { tuning: "measure", tuningBudgetMs, onTuning }, stop: () => bar.stop() };
}

async function selectAll(names: readonly string[]): Promise<Discovered["backends"]> {
  const found = await discover();
  return names.filter((name) => name !== "reference").map((name) => select(found, name));
}

function select(found: Discovered, name: string): Discovered["backends"][number] {
  const backend = found.backends.find(({ target }) => target === name);
  if (backend) return backend;
  throw new BackendUnavailableError(
    `backend "${name}" was not found; expected one of those tried:\n${found.tried.join("\n")}`,
  );
}
