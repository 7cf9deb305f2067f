import { loadModel } from "@coracle/convert";
import { BackendUnavailableError, type Discovered, discover, Predictor, type Program } from "@coracle/core";

export interface PredictorOptions {
  readonly threads?: number;
  /** Target names, the most preferred first; absent: all that are found. "reference" runs without kernels. */
  readonly backends?: readonly string[];
}

/** A predictor on the backends named. Throws BackendUnavailableError for a name that was not found. */
export async function openPredictor(source: string | Program, options: PredictorOptions): Promise<Predictor> {
  const program = typeof source === "string" ? await loadModel(source) : source;
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  if (!options.backends) return Predictor.create(program, threads);
  const found = await discover();
  const backends = options.backends.filter((name) => name !== "reference").map((name) => select(found, name));
  return Predictor.create(program, { ...threads, backends });
}

function select(found: Discovered, name: string): Discovered["backends"][number] {
  const backend = found.backends.find(({ target }) => target === name);
  if (backend) return backend;
  throw new BackendUnavailableError(
    `backend "${name}" was not found; expected one of those tried:\n${found.tried.join("\n")}`,
  );
}
