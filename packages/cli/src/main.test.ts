import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { readNpy } from "./npy.ts";

const entry = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const faces = fileURLToPath(new URL("../../../examples/faces/assets/", import.meta.url));
const model = join(faces, "ultraface_rfb320.onnx");
const work = mkdtempSync(join(tmpdir(), "coracle-cli-"));

afterAll(() => rmSync(work, { recursive: true, force: true }));

function coracle(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [entry, ...args], {
    encoding: "utf8",
    env: { ...process.env, XDG_CACHE_HOME: work },
    timeout: 60_000,
  });
}

test("run describes the outputs of a picture, and saves them", async () => {
  const { status, stdout } = coracle(
    "run",
    model,
    "--input",
    join(faces, "astronaut.jpg"),
    "--save",
    work,
    "--json",
  );
  expect(status).toBe(0);
  const { outputs } = JSON.parse(stdout) as { outputs: { name: string; shape: number[] }[] };
  expect(outputs.map(({ name, shape }) => `${name} ${shape}`)).toEqual(["scores 1,4420,2", "boxes 1,4420,4"]);
  expect(readdirSync(work).sort()).toEqual(["boxes.npy", "scores.npy"]);
  expect(readNpy(readFileSync(join(work, "boxes.npy"))).shape).toEqual([1, 4420, 4]);
});

test("inspect counts operators, parameters and FLOPs", () => {
  const { status, stdout } = coracle("inspect", model, "--json");
  expect(status).toBe(0);
  const inspection = JSON.parse(stdout) as {
    operators: Record<string, number>;
    parameters: number;
    flops: number;
  };
  expect(inspection.operators["conv"]).toBe(52);
  expect(inspection.parameters).toBeGreaterThan(250_000);
  expect(inspection.flops).toBeGreaterThan(2e8);
  expect(coracle("inspect", model, "--graph").stdout).toContain("conv");
  expect(coracle("inspect", model, "--explain").stdout).toContain("x86/");
});

test("opt writes one file that gives the same outputs, and a page of the graph", async () => {
  const [target, page] = [join(work, "face.coracle"), join(work, "face.html")];
  const { status, stdout } = coracle("opt", model, target, "--graph", page, "--json");
  expect(status).toBe(0);
  const { before, after } = JSON.parse(stdout) as Record<
    "before" | "after",
    { nodes: number; bytes: number }
  >;
  expect(after.nodes).toBeLessThan(before.nodes);
  expect(after.bytes).toBeLessThan(before.bytes * 1.05);
  expect(readFileSync(page, "utf8")).toContain("cytoscape");
  const picture = ["--input", join(faces, "astronaut.jpg"), "--json"];
  const outputs = (file: string): unknown =>
    (JSON.parse(coracle("run", file, ...picture).stdout) as { outputs: unknown }).outputs;
  expect(outputs(target)).toEqual(outputs(model));
});

test("opt stores weights in fewer bits, and lists what has no kernel", () => {
  const target = join(work, "half.coracle");
  const { stdout } = coracle("opt", model, target, "--weights", "f16", "--json");
  const { before, after } = JSON.parse(stdout) as Record<"before" | "after", { parameterBytes: number }>;
  expect(after.parameterBytes).toBeLessThan(before.parameterBytes * 0.6);
  expect(coracle("opt", model, "--check", "--targets", "reference").status).toBe(1);
  expect(coracle("opt", "--print-supported-ops").stdout).toMatch(
    /onnx \(\d{3}\): .*Conv[\s\S]*paddle \(\d{3}\): .*conv2d/,
  );
  expect(coracle("opt", model, join(work, "x.bin")).stderr).toContain("expected .coracle or .onnx");
});

test("convert writes a model that gives the same outputs", () => {
  const target = join(work, "small.onnx");
  const { status, stdout } = coracle("convert", model, target, "--json");
  expect(status).toBe(0);
  const { nodesBefore, nodesAfter } = JSON.parse(stdout) as { nodesBefore: number; nodesAfter: number };
  expect(nodesAfter).toBeLessThan(nodesBefore);
  const summary = (path: string): { mean: number }[] =>
    JSON.parse(coracle("run", path, "--json").stdout).outputs;
  const [before, after] = [summary(model), summary(target)];
  after.forEach(({ mean }, i) => {
    expect(Math.abs(mean - before[i]!.mean)).toBeLessThan(1e-5);
  });
});

test("--tune keeps times where XDG_CACHE_HOME says", () => {
  const { status } = coracle("run", model, "--tune", "--threads", "1", "--json");
  expect(status).toBe(0);
  const times = JSON.parse(readFileSync(join(work, "coracle", "tuning.json"), "utf8")) as { ns: object };
  expect(Object.keys(times.ns).length).toBeGreaterThan(1);
});

test("bench and devices answer", () => {
  const { status, stdout } = coracle("bench", model, "--runs", "3", "--json");
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject([{ threads: 1, runs: 3 }]);
  expect(coracle("devices", "--json").stdout).toContain("reference");
});

test("exit codes say what went wrong", () => {
  const broken = join(work, "broken.onnx");
  writeFileSync(broken, "no model");
  expect(coracle("run").status).toBe(2);
  expect(coracle("--help").status).toBe(0);
  expect(coracle("run", broken).status).toBe(3);
  expect(coracle("run", join(work, "absent.onnx")).status).toBe(3);
  expect(coracle("run", model, "--shape", "input=1,3,8").status).toBe(4);
  expect(coracle("convert", model, join(work, "model.tflite")).status).toBe(4);
  expect(coracle("run", model, "--backends", "tpu").status).toBe(5);
});
