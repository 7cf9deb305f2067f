import { createHash, type Hash } from "node:crypto";
import type { Device } from "../backend/device.ts";
import type { Arg, MaybeLayout, PlanBuilder, StepSpec } from "../backend/kernel.ts";
import { formatAttrs, formatType } from "../ir/print.ts";
import { makeValue, type Node, type Value } from "../ir/program.ts";
import type { Tensor } from "../ir/tensor.ts";
import type { Scored } from "./layouts.ts";
import type { PlacedNode } from "./place.ts";
import { withLayout } from "./reorders.ts";

const noArg = {} as unknown as Arg;

/** Takes down what a kernel would do, without packing a weight. */
class StepDigest implements PlanBuilder {
  readonly threads: number;
  readonly #hash: Hash;

  constructor(threads: number, hash: Hash) {
    this.threads = threads;
    this.#hash = hash;
  }

  arg(): Arg {
    return noArg;
  }

  temporary(bytes: number): Arg {
    this.#hash.update(`temporary ${bytes};`);
    return noArg;
  }

  packed(_source: Tensor, key: string, bytes: number): Arg {
    this.#hash.update(`packed ${key} ${bytes};`);
    return noArg;
  }

  call(): void {}

  step({ kernel, args, params, tasks, scratchBytes = 0 }: StepSpec): void {
    this.#hash.update(`step ${kernel} ${args.length} ${tasks} ${scratchBytes};`);
    this.#hash.update(params);
  }
}

/** The node by itself, its values in the layouts of one choice. */
export function alone(node: Node, { candidate, choice }: Scored): PlacedNode {
  const made = new Map<Value, Map<MaybeLayout, Value>>();
  const inLayout = (value: Value, layout: MaybeLayout): Value => {
    if (layout === undefined) return value;
    const versions = made.get(value) ?? new Map<MaybeLayout, Value>();
    made.set(value, versions);
    const version = versions.get(layout) ?? makeValue(value.name, withLayout(value.type, layout));
    versions.set(layout, version);
    return version;
  };
  const placed = {
    ...node,
    inputs: node.inputs.map((value, i) => inLayout(value, choice.inputs[i])),
    outputs: node.outputs.map((value, i) => inLayout(value, choice.outputs[i])),
  };
  const { target, kernel, costNs } = candidate;
  return { node: placed, target, kernel, costNs, isView: kernel.isView?.(placed) ?? false, rejected: [] };
}

const formatUse = ({ type, data }: Value): string =>
  data ? `${formatType(type)} constant` : formatType(type);

/** Equal for equal work on equal devices, in any process. */
export function tuningKey(device: Device, { node, kernel }: PlacedNode): string {
  const hash = createHash("sha256");
  hash.update(formatAttrs(node.attrs, "", 0).join(" "));
  kernel.lower(node, new StepDigest(device.threads, hash));
  const machine = `${device.description}; threads ${device.threads}; kernels ${device.kernelSet ?? "unversioned"}`;
  const types = `${node.inputs.map(formatUse).join(", ")} -> ${node.outputs.map(formatUse).join(", ")}`;
  return `${machine}; ${kernel.name}: ${node.op.name} ${types}; ${hash.digest("hex").slice(0, 16)}`;
}
