import { expect, test } from "vitest";
import type { Backend } from "../backend/backend.ts";
import { blocks } from "../compile/testing/block-backend.ts";
import { discover } from "./discover.ts";

const renamed = (target: string, change: Partial<Backend> = {}): Backend => ({
  ...blocks,
  target,
  ...change,
});

test("with nothing installed, every package tried is named", async () => {
  const { backends, tried } = await discover(async () => undefined);
  expect(backends).toEqual([]);
  expect(tried).toEqual(
    ["cuda", "x86", "arm", "npu", "opencl"].map((target) => `@coracle/backend-${target}: not installed`),
  );
});

test("those that answer come in the order of preference, the others with their reason", async () => {
  const packages: Record<string, unknown> = {
    "@coracle/backend-x86": { x86: renamed("x86", { preference: 50 }) },
    "@coracle/backend-cuda": { cuda: renamed("cuda", { preference: 90 }) },
    "@coracle/backend-arm": {
      arm: renamed("arm", { probe: async () => ({ available: false, description: "an x64 processor" }) }),
    },
    "@coracle/backend-npu": {},
  };
  const { backends, tried } = await discover(async (name) => {
    if (name === "@coracle/backend-opencl") throw new Error("broken package");
    return packages[name] as Record<string, unknown>;
  });
  expect(backends.map(({ target }) => target)).toEqual(["cuda", "x86"]);
  expect(tried).toEqual([
    "@coracle/backend-cuda: blocks of 4",
    "@coracle/backend-x86: blocks of 4",
    "@coracle/backend-arm: an x64 processor",
    '@coracle/backend-npu: exports no backend "npu"',
    "@coracle/backend-opencl: broken package",
  ]);
});

test("packages that are not installed are told from broken ones by the real loader", async () => {
  const { tried } = await discover();
  expect(tried).toHaveLength(5);
  expect(tried).toContain("@coracle/backend-npu: not installed");
});
