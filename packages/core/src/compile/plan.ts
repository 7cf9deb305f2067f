import type { Target } from "../backend/backend.ts";
import type { Device, Executable, Location, PlannedStep, Segment } from "../backend/device.ts";
import { reorderData } from "../backend/reorder-data.ts";
import { bug } from "../errors.ts";
import { dataConstructor } from "../ir/dtype.ts";
import type { Value } from "../ir/program.ts";
import { storedElements } from "../ir/tensor.ts";
import { alignUp, type Lifetime, layOut } from "./arena.ts";
import { type ArgRecord, type Lowered, lowerNode, toRecord } from "./builder.ts";
import { packedBytes } from "./packed.ts";
import type { PlacedNode, Placement } from "./place.ts";
import { isFolded, type Storage, StorageMap } from "./storage.ts";

export interface PlannedSegment extends Segment {
  readonly device: Device;
  readonly executable: Executable;
}

/** A program bound to devices and to concrete shapes. Immutable; any number of runs may use it at once. */
export interface Plan {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly PlacedNode[];
  readonly segments: readonly PlannedSegment[];
  /** What one run needs: values, then the scratch of the threads. */
  readonly arenaBytes: number;
  /** Allocates the arena, which all segments share. */
  readonly arenaDevice: Device;
  /** Constants in the form that kernels read, shared with the device's other plans. */
  readonly packed: readonly Uint8Array[];
}

/** Offsets, steps and segments for a placement. `devices` holds every target placed on, the preferred first. */
export function plan(placement: Placement, devices: ReadonlyMap<Target, Device>): Plan {
  const [arenaDevice] = devices.values();
  if (!arenaDevice) return bug("plan without devices");
  const deviceOf = (placed: PlacedNode): Device =>
    devices.get(placed.target) ?? bug(`no open device for "${placed.target}"`);
  const storages = new StorageMap(placement);
  const nodes = placement.nodes.map((placed) =>
    storages.isIdle(placed) ? { ...placed, isView: true } : placed,
  );
  const lowered: Lowered = { steps: [], temporaries: [], packed: new Set() };
  const folded = new Map<Value, Uint8Array>();
  for (const placed of nodes) {
    const device = deviceOf(placed);
    if (isFolded(placed)) {
      folded.set(placed.node.outputs[0]!, foldReorder(placed, device));
      lowered.steps.push([]);
    } else lowerNode(placed, device, lowered);
  }
  for (const data of folded.values()) lowered.packed.add(data);
  const { resolve, arenaBytes } = locations(placement, storages, lowered, folded);
  const runs = groupByDevice(nodes.map((placed, i) => [deviceOf(placed), lowered.steps[i]!]));
  const scratchBytes = Math.max(0, ...runs.map(({ device, steps }) => device.threads * mostScratch(steps)));
  const segments = runs.map(({ device, steps }): PlannedSegment => {
    const segment: Segment = {
      steps,
      scratchOffsetBytes: arenaBytes,
      locate: (arg) => resolve(toRecord(arg)),
    };
    return { ...segment, device, executable: device.build(segment) };
  });
  return {
    inputs: placement.inputs,
    outputs: placement.outputs,
    nodes,
    segments,
    arenaBytes: arenaBytes + scratchBytes,
    arenaDevice,
    packed: [...lowered.packed],
  };
}

function mostScratch(steps: readonly PlannedStep[]): number {
  return steps.reduce((most, { scratchBytes }) => Math.max(most, alignUp(scratchBytes ?? 0)), 0);
}

function foldReorder({ node }: PlacedNode, device: Device): Uint8Array {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const source = input.data ?? bug(`"${input.name}" is no constant`);
  const Data = dataConstructor(output.type.dtype);
  const elements = storedElements(output.type);
  return packedBytes(device, {
    source,
    key: `reorder ${output.type.layout}`,
    bytes: elements * Data.BYTES_PER_ELEMENT,
    fill: (target) => {
      reorderData(source.data, new Data(target.buffer, target.byteOffset, elements), input.type, output.type);
    },
  });
}

interface DeviceRun {
  readonly device: Device;
  readonly steps: PlannedStep[];
}

function groupByDevice(nodes: readonly (readonly [Device, readonly PlannedStep[]])[]): DeviceRun[] {
  const runs: DeviceRun[] = [];
  for (const [device, steps] of nodes) {
    if (steps.length === 0) continue;
    const last = runs.at(-1);
    if (last?.device === device) last.steps.push(...steps);
    else runs.push({ device, steps: [...steps] });
  }
  return runs;
}

interface Located {
  readonly resolve: (record: ArgRecord) => Location;
  readonly arenaBytes: number;
}

function locations(
  placement: Placement,
  storages: StorageMap,
  lowered: Lowered,
  folded: ReadonlyMap<Value, Uint8Array>,
): Located {
  const fixed = new Map<Storage, Location>();
  placement.inputs.forEach((input, index) => {
    fixed.set(storages.of(input), { space: "io", index, offsetBytes: 0 });
  });
  placement.outputs.forEach((output, i) => {
    const storage = storages.of(output);
    if (storage.space !== "arena" || storage.within || fixed.has(storage))
      bug(`output "${output.name}" shares its bytes`);
    fixed.set(storage, { space: "io", index: placement.inputs.length + i, offsetBytes: 0 });
  });
  for (const [value, data] of folded) fixed.set(storages.of(value), { space: "constant", data });
  const inArena = storages.all.filter(
    (storage) => storage.space === "arena" && !storage.within && !fixed.has(storage),
  );
  const lifetimes: Lifetime[] = [
    ...inArena.map((storage) => storages.lifetime(storage)),
    ...lowered.temporaries,
  ];
  const { offsets, bytes } = layOut(lifetimes);
  inArena.forEach((storage, i) => {
    fixed.set(storage, { space: "arena", offsetBytes: offsets[i]! });
  });
  const resolve = (record: ArgRecord): Location => {
    if (record.kind === "packed") return { space: "constant", data: record.data };
    if (record.kind === "temporary") {
      return { space: "arena", offsetBytes: offsets[inArena.length + record.index]! };
    }
    return locateValue(record.value, storages, fixed);
  };
  return { resolve, arenaBytes: bytes };
}

function locateValue(value: Value, storages: StorageMap, fixed: ReadonlyMap<Storage, Location>): Location {
  const storage = storages.of(value);
  const { root, offsetBytes } = storages.rootOf(storage);
  const known = fixed.get(root);
  if (known && offsetBytes === 0) return known;
  if (known && known.space !== "constant") return { ...known, offsetBytes: known.offsetBytes + offsetBytes };
  const data = storage.values[0]?.data?.data ?? bug(`"${value.name}" has no place`);
  pinBuffer(data);
  return { space: "constant", data };
}

/** Small typed arrays lie in the moving heap until `.buffer` is asked for. */
export function pinBuffer(view: ArrayBufferView): void {
  void view.buffer;
}
