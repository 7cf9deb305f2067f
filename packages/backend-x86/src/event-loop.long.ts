import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { Predictor } from "@coracle/core";
import { expect, test } from "vitest";
import { x86 } from "./index.ts";
import { convNet, inputShape, noise, sizesTaking } from "./testing/conv-net.ts";

const longRunMs = 120;
const leastRunMs = 50;
const mostDelayMs = 10;

interface Attempt {
  readonly runMs: number;
  readonly worstDelayMs: number;
}

async function timed(work: () => Promise<unknown>): Promise<Attempt> {
  let last = performance.now();
  let worstDelayMs = 0;
  const tick = (): void => {
    const now = performance.now();
    worstDelayMs = Math.max(worstDelayMs, now - last - 1);
    last = now;
  };
  const timer = setInterval(tick, 1);
  const start = performance.now();
  await work();
  const runMs = performance.now() - start;
  tick();
  clearInterval(timer);
  return { runMs, worstDelayMs };
}

const isGood = ({ runMs, worstDelayMs }: Attempt): boolean =>
  runMs > leastRunMs && worstDelayMs <= mostDelayMs;

async function attempts(work: () => Promise<unknown>): Promise<readonly Attempt[]> {
  const made: Attempt[] = [];
  while (made.length < 3 && !made.some(isGood)) made.push(await timed(work));
  return made;
}

const tell = (made: readonly Attempt[]): string =>
  made
    .map(({ runMs, worstDelayMs }) => `run ${runMs.toFixed(1)} ms, late ${worstDelayMs.toFixed(1)} ms`)
    .join("; ");

const spinner = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (ms) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
    parentPort.postMessage("spun");
  });
`;

/** A thread that computes and has nothing to do with this package: what the system makes of as long a load. */
async function withSpinner<T>(ms: number, use: (spin: () => Promise<unknown>) => Promise<T>): Promise<T> {
  const worker = new Worker(spinner, { eval: true });
  const spin = (spinMs: number): Promise<unknown> => {
    worker.postMessage(spinMs);
    return once(worker, "message");
  };
  await spin(1);
  try {
    return await use(() => spin(ms));
  } finally {
    await worker.terminate();
  }
}

/** One compute thread: with more of them than spare processors the system, not the library, makes timers wait. */
test("a timer of 1 ms is never late by more than 10 ms during a long run", async ({ skip }) => {
  const sizes = await sizesTaking(longRunMs, 1);
  using predictor = await Predictor.create(convNet(sizes), { backends: [x86], threads: 1, fallback: false });
  await predictor.warmup();
  const feeds = { x: noise(inputShape(sizes), 1) };
  const made = await attempts(() => predictor.run(feeds));
  const told = tell(made);
  console.log(told);
  if (!made.some(isGood)) {
    const others = await withSpinner(Math.min(...made.map(({ runMs }) => runMs)), attempts);
    if (!others.some(isGood)) skip(`the machine is busy: beside a thread that only spins, ${tell(others)}`);
  }
  expect(made.filter(isGood), told).toHaveLength(1);
});
