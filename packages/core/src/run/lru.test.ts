import { expect, test } from "vitest";
import { Lru } from "./lru.ts";

test("what is used stays, what is not goes first", () => {
  const made: string[] = [];
  const lru = new Lru<string>(2);
  const get = (key: string): string => lru.get(key, () => `${key}${made.push(key)}`);
  expect([get("a"), get("b"), get("a"), get("c"), get("a"), get("b")]).toEqual([
    "a1",
    "b2",
    "a1",
    "c3",
    "a1",
    "b4",
  ]);
  expect(lru.values).toEqual(["a1", "b4"]);
  expect(lru.latest).toBe("b4");
  lru.clear();
  expect(lru.latest).toBeUndefined();
});
