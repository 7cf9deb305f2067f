import type { Arg, Device, Executable, Location, Node, RunContext, Segment } from "@coracle/core";

/** One native kernel by its row's name, on arrays of the caller's own. */
export interface NativeStep {
  readonly kernel: string;
  readonly arrays: readonly ArrayBufferView[];
  readonly params: Int32Array;
  readonly tasks: number;
}

const node = { name: "bench" } as Node;
const asArg = (data: ArrayBufferView): Arg => ({ space: "constant", data }) as unknown as Arg;

/** Steps that need neither arena nor scratch, made ready for the device. */
export function executableOf(device: Device, steps: readonly NativeStep[]): Executable {
  const segment: Segment = {
    steps: steps.map(({ kernel, arrays, params, tasks }) => ({
      ...{ kernel, params, tasks, node },
      args: arrays.map(asArg),
    })),
    scratchOffsetBytes: 0,
    locate: (arg) => arg as unknown as Location,
  };
  return device.build(segment);
}

const context: RunContext = {
  arena: new Uint8Array(0),
  io: [],
  cancel: new Int32Array(new ArrayBuffer(4)),
};

export function run(executable: Executable): void {
  executable.runSync(context);
}
