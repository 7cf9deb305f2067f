import { ops } from "@coracle/core";
import { afterEach, expect, test, vi } from "vitest";
import { contextOf, levels } from "./context.ts";
import { cpuInfo, x86 } from "./index.ts";
import { libraryFolder } from "./locate.ts";
import { loadNative } from "./native.ts";
import { levelsOf } from "./select-isa.ts";
import { maxThreads } from "./threads.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

test("both sides agree on sizes and enums", () => {
  const native = loadNative();
  const sizes = Object.fromEntries(
    ["coracle_step", "coracle_plan", "coracle_call", "coracle_kernel"].map((name) => [
      name,
      native.sizeOf(name),
    ]),
  );
  expect(sizes).toEqual({ coracle_step: 24, coracle_plan: 32, coracle_call: 24, coracle_kernel: 24 });
  expect(native.sizeOf("coracle_nothing")).toBe(-1);
  const statuses = ["OK", "CANCELLED", "BAD_KERNEL", "BAD_ARGUMENT"].map((name) =>
    native.enumValue(`CORACLE_${name}`),
  );
  expect(statuses).toEqual([0, 1, 2, 3]);
  expect(native.enumValue("CORACLE_MAX_THREADS")).toBe(maxThreads);
  expect(native.enumValue("CORACLE_MAX_ARGS")).toBe(1024);
});

test("both sides agree on activation codes", () => {
  const native = loadNative();
  const ofNative = Object.fromEntries(
    Object.keys(ops.activationCodes).map((kind) => [
      kind,
      native.enumValue(`CORACLE_ACT_${snakeCase(kind)}`),
    ]),
  );
  expect(ofNative).toEqual(ops.activationCodes);
  expect(native.enumValue("CORACLE_ACT_NONE")).toBe(0);
});

test("every level that the processor has can be forced", async () => {
  const available = levelsOf(loadNative().cpuBits);
  for (const level of available) {
    vi.stubEnv("CORACLE_ISA", level);
    const device = await x86.open({ threads: 1 });
    expect(loadNative().level).toBe(level);
    expect(device.channelBlock).toBe(contextOf(level).block);
    expect(device.description).toContain(level);
    expect(x86.kernels.length).toBeGreaterThan(0);
  }
  expect(available.length).toBeGreaterThan(0);
  expect(levels).toEqual(expect.arrayContaining([...available]));
});

test("an unknown level is refused, and probe says so without throwing", async () => {
  vi.stubEnv("CORACLE_ISA", "neon");
  expect(() => x86.kernels).toThrow(
    'x86: CORACLE_ISA is "neon"; expected one of sse4, avx2, avx512. Set one of these or unset it.',
  );
  expect(await x86.probe()).toMatchObject({ available: false });
});

test("a missing library names what was tried", () => {
  vi.stubEnv("CORACLE_NATIVE_DIR", "/nowhere");
  expect(() => libraryFolder()).toThrow(/CORACLE_NATIVE_DIR: no \/nowhere\/sse4\/libcoracle\.so/);
  expect(() => libraryFolder()).toThrow(/--omit=optional/);
});

test("probe and cpuInfo describe this machine", async () => {
  const info = cpuInfo();
  expect(await x86.probe()).toEqual({ available: true, description: `${info.model}, ${info.level}` });
  expect(info.levels).toContain(info.level);
  expect(info.defaultThreads).toBeGreaterThanOrEqual(1);
  expect((await x86.open({})).threads).toBe(info.defaultThreads);
});
