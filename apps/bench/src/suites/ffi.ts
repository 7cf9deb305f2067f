import { x86 } from "@coracle/backend-x86";
import { type Executable, ops, Predictor, type Program, ProgramBuilder, Tensor } from "@coracle/core";
import { executableOf, run } from "../native-step.ts";
import type { Progress } from "../progress.ts";
import { threadsText } from "../report/format.ts";
import type { FfiRow } from "../report/report.ts";
import { quantile } from "../stats.ts";

const samples = 2000;
const manySteps = 1001;
const rowsOfEach = 5;

export function ffiSteps(threads: readonly number[]): number {
  return threads.length * rowsOfEach;
}

/** y = relu(x) of one number: all that is left is the way there and back. */
function smallest(): Program {
  const builder = new ProgramBuilder();
  const x = builder.input("x", "f32", [1]);
  return builder.build([builder.one(ops.relu, {}, [x])]);
}

async function sample(call: () => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < samples / 10; i++) await call();
  for (let i = 0; i < samples; i++) {
    const start = performance.now();
    const result = call();
    if (result instanceof Promise) await result;
    times.push((performance.now() - start) * 1e3);
  }
  return times;
}

function row(name: string, threads: number, times: readonly number[]): FfiRow {
  return { name, threads, microseconds: quantile(times, 0.5), p90Microseconds: quantile(times, 0.9) };
}

async function predictorRows(threads: number): Promise<FfiRow[]> {
  using predictor = await Predictor.create(smallest(), { backends: [x86], threads });
  const feeds = { x: Tensor.from("f32", [1], [1]) };
  return [
    row("runSync of one relu of one number", threads, await sample(() => predictor.runSync(feeds))),
    row("await run of the same", threads, await sample(() => predictor.run(feeds))),
  ];
}

/** Copies of 4 bytes: one task is taken by the caller, two are shared out. */
async function stepRows(threads: number): Promise<FfiRow[]> {
  const device = await x86.open({ threads });
  try {
    const [from, to] = [device.allocate(8), device.allocate(8)];
    const steps = (count: number, tasks: number): Executable =>
      executableOf(
        device,
        Array.from({ length: count }, () => ({
          kernel: "bytes_copy",
          arrays: [from, to],
          params: Int32Array.of(2, 4, 2 / tasks),
          tasks,
        })),
      );
    const one = await sampleStep(steps(1, 1));
    const perStep = async (tasks: number): Promise<number[]> =>
      (await sampleStep(steps(manySteps, tasks))).map((us) => (us - quantile(one, 0.5)) / (manySteps - 1));
    return [
      row("native call of one step", threads, one),
      row("one more step, of one task", threads, await perStep(1)),
      row("one more step, of two tasks", threads, await perStep(2)),
    ];
  } finally {
    device.dispose();
  }
}

const sampleStep = (executable: Executable): Promise<number[]> => sample(() => run(executable));

export async function runFfi(threads: readonly number[], progress: Progress): Promise<FfiRow[]> {
  const rows: FfiRow[] = [];
  for (const count of threads) {
    progress.show(`calls, ${threadsText(count)}`);
    rows.push(...(await predictorRows(count)), ...(await stepRows(count)));
    progress.advance(rowsOfEach);
  }
  return rows;
}
