import type { Engine } from "./engines/engine.ts";
import { ownEngines, peerByName } from "./engines/index.ts";
import { PeerError } from "./errors.ts";
import { describeMachine, measureLimits } from "./machine.ts";
import type { Settings } from "./options.ts";
import { Progress } from "./progress.ts";
import type { Report } from "./report/report.ts";
import { ffiSteps, runFfi } from "./suites/ffi.ts";
import { kernelsSteps, runKernels } from "./suites/kernels.ts";
import { modelsSteps, runModels } from "./suites/models.ts";

interface Peers {
  readonly engines: readonly Engine[];
  readonly leftOut: readonly string[];
}

/** The peers that are installed, and why the others are not used. */
async function findPeers(names: readonly string[]): Promise<Peers> {
  const engines: Engine[] = [];
  const leftOut: string[] = [];
  for (const name of names) {
    try {
      engines.push(await peerByName(name));
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      leftOut.push(error.message);
    }
  }
  return { engines, leftOut };
}

/** Runs the suites; `folder` takes the models' files. */
export async function makeReport(settings: Settings, folder: string): Promise<Report> {
  const { suites, threads } = settings;
  const peers = await findPeers(suites.includes("models") ? settings.peers : []);
  for (const reason of peers.leftOut) console.error(`left out: ${reason}`);
  const has = (suite: Settings["suites"][number]): boolean => suites.includes(suite);
  const progress = new Progress(
    (has("models") ? modelsSteps({ ...settings, names: settings.models }) : 0) +
      (has("kernels") ? kernelsSteps(threads) : 0) +
      (has("ffi") ? ffiSteps(threads) : 0),
  );
  try {
    progress.show("the machine's limits");
    let limits = await measureLimits(threads);
    const pause = async (): Promise<void> => {
      limits = await measureLimits(threads, limits);
    };
    const models = await runModels({
      ...settings,
      names: has("models") ? settings.models : [],
      own: ownEngines(settings.backends),
      peers: peers.engines,
      ...{ folder, progress, pause },
    });
    const kernels = has("kernels") ? await runKernels({ threads, progress, pause }) : undefined;
    const ffi = has("ffi") ? await runFfi(threads, progress) : [];
    return {
      date: new Date().toISOString(),
      command: `bench ${process.argv.slice(2).join(" ")}`.trim(),
      machine: describeMachine(limits),
      leftOut: [...peers.leftOut, ...models.leftOut, ...(kernels?.leftOut ?? [])],
      models: models.rows,
      profiles: models.profiles,
      kernels: kernels?.rows ?? [],
      ffi,
    };
  } finally {
    progress.stop();
  }
}
