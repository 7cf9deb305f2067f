import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Admission } from "./admission.ts";

test("no more than the limit are inside, in the order of their coming", async () => {
  const admission = new Admission(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const visit = (number: number): Promise<void> =>
    admission.run(async () => {
      order.push(number);
      most = Math.max(most, ++inside);
      await turn();
      inside--;
    });
  await Promise.all([0, 1, 2, 3, 4, 5, 6].map(visit));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("a failure lets the next one in", async () => {
  const admission = new Admission(1);
  await expect(admission.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(admission.run(async () => "yes")).resolves.toBe("yes");
});
