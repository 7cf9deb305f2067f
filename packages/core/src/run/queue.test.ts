import { expect, test } from "vitest";
import { SerialQueue } from "./queue.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("tasks run one after another, also past one that fails", async () => {
  const queue = new SerialQueue();
  const seen: string[] = [];
  const task =
    (name: string, fails = false) =>
    async (): Promise<string> => {
      seen.push(`${name} starts`);
      await tick();
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const results = await Promise.allSettled([
    queue.add(task("a")),
    queue.add(task("b", true)),
    queue.add(task("c")),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(seen).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
});

test("a task that is aborted while it waits never starts", async () => {
  const queue = new SerialQueue();
  const abort = new AbortController();
  let isStarted = false;
  const first = queue.add(tick);
  const second = queue.add(async () => {
    isStarted = true;
  }, abort.signal);
  abort.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  await first;
  await queue.idle();
  expect(isStarted).toBe(false);
});
