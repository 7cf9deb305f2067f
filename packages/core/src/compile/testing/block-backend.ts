import type { Backend } from "../../backend/backend.ts";
import type { Device, Location, PlannedStep, RunContext, Segment } from "../../backend/device.ts";
import type { Kernel, LayoutChoice } from "../../backend/kernel.ts";
import { bug } from "../../errors.ts";
import type { Op } from "../../ir/op.ts";
import type { Node, Value } from "../../ir/program.ts";
import { storedElements } from "../../ir/tensor.ts";
import { cut, join, mix, scale } from "./ops.ts";

const layout = "NCHW4c";
const block = 4;
const asNumbers = (shape: Node["inputs"][0]["type"]["shape"]): number[] => shape.map(Number);
const isImage = (node: Node): boolean => node.inputs[0]!.type.shape.length === 4;
const costOf = (node: Node): number =>
  node.outputs.reduce((total, { type }) => total + storedElements(type), 10);

const mixKernel: Kernel = {
  op: mix as Op,
  name: "blocks/mix",
  supports: (node) => (node.inputs[1]!.data ? true : "the weight is no constant"),
  layouts: () => [
    { inputs: [layout, undefined], outputs: [layout] },
    { inputs: [undefined, undefined], outputs: [layout] },
  ],
  costNs: costOf,
  lower(node, plan) {
    const [x, w] = [node.inputs[0]!, node.inputs[1]!];
    const [n, c, h, width] = asNumbers(x.type.shape) as [number, number, number, number];
    const outputs = Number(w.type.shape[0]);
    const packed = plan.packed(w.data!, "transposed", outputs * c * 4, (target) => {
      const floats = new Float32Array(target.buffer, target.byteOffset, outputs * c);
      for (let o = 0; o < outputs; o++)
        for (let k = 0; k < c; k++) floats[k * outputs + o] = Number(w.data!.data[o * c + k]);
    });
    plan.step({
      kernel: "mix",
      args: [plan.arg(x), packed, plan.temporary(outputs * 4), plan.arg(node.outputs[0]!)],
      params: Int32Array.of(n, c, outputs, h * width, x.type.layout ? 1 : 0),
      tasks: 1,
      scratchBytes: 100,
    });
  },
};

const scaleKernel: Kernel<{ readonly by: number }> = {
  op: scale,
  name: "blocks/scale",
  supports: () => true,
  layouts: (node) => {
    const rowMajor: LayoutChoice = { inputs: [undefined], outputs: [undefined] };
    return isImage(node as Node) ? [rowMajor, { inputs: [layout], outputs: [layout] }] : [rowMajor];
  },
  costNs: (node) => costOf(node as Node),
  inPlace: () => [0],
  lower(node, plan) {
    const count = storedElements(node.inputs[0]!.type);
    const bits = new Int32Array(Float32Array.of(node.attrs.by).buffer)[0]!;
    plan.step({
      kernel: "scale",
      args: [plan.arg(node.inputs[0]!), plan.arg(node.outputs[0]!)],
      params: Int32Array.of(count, bits),
      tasks: 1,
    });
  },
};

const sizes = (values: readonly Value[]): number[] => values.map(({ type }) => storedElements(type));

/** Byte offsets of values that lie one after the other. */
const offsetsOf = (values: readonly Value[]): number[] =>
  sizes(values).map((_, i, all) => all.slice(0, i).reduce((sum, size) => sum + size, 0) * 4);

function partsKernel(op: Op, of: "output" | "input"): Kernel {
  const partsOf = (node: Node): readonly Value[] => (of === "output" ? node.inputs : node.outputs);
  const fillBlocks = (node: Node): boolean =>
    partsOf(node).every(({ type }) => type.shape.length === 4 && Number(type.shape[1]) % block === 0);
  return {
    op,
    name: `blocks/${op.name}`,
    supports: () => true,
    layouts: (node) =>
      ([layout, undefined] as const)
        .filter((each) => each === undefined || fillBlocks(node))
        .map((each) => ({ inputs: node.inputs.map(() => each), outputs: node.outputs.map(() => each) })),
    costNs: costOf,
    parts: (node) => ({ of, offsets: offsetsOf(partsOf(node)) }),
    lower(node, plan) {
      plan.step({
        kernel: of === "output" ? "join" : "cut",
        args: [...node.inputs, ...node.outputs].map((value) => plan.arg(value)),
        params: Int32Array.from(sizes(partsOf(node))),
        tasks: 1,
      });
    },
  };
}

type Run = (args: readonly Float32Array[], params: Int32Array) => void;

const functions: Readonly<Record<string, Run>> = {
  scale([x, y], params) {
    const by = new Float32Array(Int32Array.of(params[1]!).buffer)[0]!;
    for (let i = 0; i < params[0]!; i++) y![i] = x![i]! * by;
  },
  join([a, b, y], [first, second]) {
    y!.set(a!.subarray(0, first));
    y!.set(b!.subarray(0, second), first);
  },
  cut([x, a, b], [first, second]) {
    a!.set(x!.subarray(0, first));
    b!.set(x!.subarray(first, first! + second!));
  },
  mix([x, w, temporary, y], params) {
    const [n, c, outputs, pixels, isBlocked] = params as unknown as [number, number, number, number, number];
    const at = (batch: number, channels: number, k: number, p: number): number =>
      (batch * Math.ceil(channels / block) + Math.floor(k / block)) * pixels * block +
      p * block +
      (k % block);
    for (let batch = 0; batch < n; batch++) {
      for (let p = 0; p < pixels; p++) {
        temporary!.fill(0, 0, outputs);
        for (let k = 0; k < c; k++) {
          const value = x![isBlocked ? at(batch, c, k, p) : (batch * c + k) * pixels + p]!;
          for (let o = 0; o < outputs; o++) temporary![o] = temporary![o]! + value * w![k * outputs + o]!;
        }
        for (let o = 0; o < outputs; o++) y![at(batch, outputs, o, p)] = temporary![o]!;
      }
    }
  },
};

function floatsAt(location: Location, { arena, io }: RunContext): Float32Array {
  const view =
    location.space === "arena" ? arena : location.space === "io" ? io[location.index]! : location.data;
  const offset = location.space === "constant" ? 0 : location.offsetBytes;
  return new Float32Array(view.buffer, view.byteOffset + offset, Math.floor((view.byteLength - offset) / 4));
}

function runStep(step: PlannedStep, segment: Segment, context: RunContext): void {
  const args = step.args.map((arg) => floatsAt(segment.locate(arg), context));
  (functions[step.kernel] ?? bug(`no kernel ${step.kernel}`))(args, step.params);
}

/** How many devices are open: what a leak would show. */
export const openDevices: { count: number } = { count: 0 };

/** Four ops, blocked by 4 channels, in JavaScript: small, but complete. */
export const blocks: Backend = {
  target: "blocks",
  preference: 10,
  kernels: [mixKernel, scaleKernel as Kernel, partsKernel(join, "output"), partsKernel(cut, "input")],
  probe: async () => ({ available: true, description: "blocks of 4" }),
  async open({ threads = 2 }): Promise<Device> {
    openDevices.count++;
    return {
      target: "blocks",
      description: `blocks of 4, ${threads} threads`,
      threads,
      channelBlock: block,
      call: (kernel) => bug(`no kernel ${kernel} to call`),
      allocate: (bytes) => new Uint8Array(bytes),
      build(segment) {
        const runSync = (context: RunContext): boolean => {
          for (const [i, step] of segment.steps.entries()) {
            if (Atomics.load(context.cancel, 0) !== 0) return false;
            runStep(step, segment, context);
            if (context.stepNs) context.stepNs[i] = context.stepNs[i]! + 1_000 * (i + 1);
          }
          return true;
        };
        return {
          runSync,
          run: async (context) => {
            await new Promise<void>((resolve) => setImmediate(resolve));
            return runSync(context);
          },
        };
      },
      dispose: () => {
        openDevices.count--;
      },
    };
  },
};
