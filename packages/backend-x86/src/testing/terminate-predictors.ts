/** A program: worker threads that run predictors are ended in the middle of a run, again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Predictor } from "@coracle/core";
import { x86 } from "../index.ts";
import { convNet, inputShape, type NetSizes, noise, outputName, sizesTaking } from "./conv-net.ts";

const rounds = 3;
const workersPerRound = 4;
const options = { backends: [x86], threads: 2, fallback: false };

async function work(): Promise<void> {
  const sizes = workerData as NetSizes;
  const predictor = await Predictor.create(convNet(sizes), options);
  const feeds = { x: noise(inputShape(sizes), 3) };
  await predictor.run(feeds);
  parentPort?.postMessage("running");
  for (let i = 0; ; i++) {
    if (i % 3 === 2) predictor.runSync(feeds);
    else await Promise.all([predictor.run(feeds), predictor.run(feeds)]);
  }
}

async function firstOutput(sizes: NetSizes): Promise<string> {
  using predictor = await Predictor.create(convNet(sizes), options);
  const outputs = await predictor.run({ x: noise(inputShape(sizes), 3) });
  return outputs[outputName(sizes)]!.data.join();
}

async function supervise(): Promise<void> {
  const sizes = await sizesTaking(60, 2);
  const small = { ...sizes, layers: 3 };
  const before = await firstOutput(small);
  for (let round = 0; round < rounds; round++) {
    const start = (): Worker => new Worker(fileURLToPath(import.meta.url), { workerData: sizes });
    const workers = Array.from({ length: workersPerRound }, start);
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise((running, failed) => {
            worker.once("message", running);
            worker.once("error", failed);
          }),
      ),
    );
    await sleep(10 + round * 17);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  console.log((await firstOutput(small)) === before ? "still right" : "wrong");
}

await (isMainThread ? supervise() : work());
