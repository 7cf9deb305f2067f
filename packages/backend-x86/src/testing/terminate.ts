/** A program: worker threads that run plans are ended in the middle of a run, again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { X86Device } from "../device.ts";
import { loadNative } from "../native.ts";
import { contextOf, copyChain } from "./plans.ts";

const rounds = 4;
const workersPerRound = 4;

async function work(): Promise<void> {
  const device = new X86Device(loadNative(), 2);
  const chain = copyChain(200, 100_000);
  const executable = device.build(chain.segment);
  const arena = device.allocate(chain.arenaBytes);
  await executable.run(contextOf(chain, arena));
  parentPort?.postMessage("running");
  for (let i = 0; ; i++) {
    if (i % 3 === 0) executable.runSync(contextOf(chain, arena));
    else await executable.run(contextOf(chain, arena));
  }
}

async function supervise(): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const workers = Array.from({ length: workersPerRound }, () => new Worker(fileURLToPath(import.meta.url)));
    await Promise.all(workers.map((worker) => new Promise((running) => worker.once("message", running))));
    await sleep(5 + round * 7);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  const device = new X86Device(loadNative(), 2);
  const chain = copyChain(3, 1000);
  device.build(chain.segment).runSync(contextOf(chain, device.allocate(chain.arenaBytes)));
  console.log(chain.output.every((value, i) => value === chain.input[i]) ? "still right" : "wrong");
}

await (isMainThread ? supervise() : work());
