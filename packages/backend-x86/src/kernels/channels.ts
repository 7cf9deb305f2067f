import { type Arg, type Kernel, type Node, ops, type PlanBuilder, type Value } from "@coracle/core";
import type { X86Context } from "../context.ts";
import { isBlockable } from "./layouts.ts";
import { chunksOf } from "./loops.ts";
import { allOf, dims, firstReason, product, sized, streamNs } from "./values.ts";

/** Outputs made of the inputs' channels, all blocked. A pick counts through the inputs' channels; -1 is zeros. */
export interface ChannelMoves {
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly value: Value; readonly picks: readonly number[] }[];
}

interface Move {
  readonly arg: number;
  readonly block: number;
  readonly lanes: number[];
}

interface Place {
  readonly arg: number;
  readonly block: number;
  readonly lane: number;
}

/** Where each channel of the inputs lies. */
function placesOf(inputs: readonly Value[], width: number): Place[] {
  return inputs.flatMap((input, arg) =>
    Array.from({ length: dims(input)[1]! }, (_, c) => ({
      arg,
      block: Math.floor(c / width),
      lane: c % width,
    })),
  );
}

function movesOf(picks: readonly number[], places: readonly Place[], width: number): Move[] {
  const moves: Move[] = [];
  picks.forEach((pick, lane) => {
    if (pick < 0) return;
    const { arg, block, lane: from } = places[pick]!;
    let move = moves.find((other) => other.arg === arg && other.block === block);
    if (!move) {
      move = { arg, block, lanes: new Array<number>(width).fill(-1) };
      moves.push(move);
    }
    move.lanes[lane] = from;
  });
  return moves;
}

/** Padded lanes hold anything, so a block whose channels stay in their lanes is copied whole. */
function isCopy(picks: readonly number[], moves: readonly Move[]): boolean {
  return moves.length === 1 && picks.every((pick, lane) => pick >= 0 && moves[0]!.lanes[lane] === lane);
}

export function channelsStep(plan: PlanBuilder, { block: width }: X86Context, moved: ChannelMoves): void {
  const { inputs, outputs } = moved;
  const [batch, , ...spatial] = dims(inputs[0]!) as [number, number, ...number[]];
  const places = placesOf(inputs, width);
  const blockWords: number[] = [];
  const moveWords: number[] = [];
  let numMoves = 0;
  outputs.forEach(({ picks }, i) => {
    const blocks = Math.ceil(picks.length / width);
    for (let block = 0; block < blocks; block++) {
      const own = picks.slice(block * width, (block + 1) * width);
      const moves = movesOf(own, places, width);
      blockWords.push(inputs.length + i, block, blocks, numMoves, moves.length);
      for (const { arg, block: from, lanes } of moves)
        moveWords.push(arg, from, Number(isCopy(own, moves)), ...lanes);
      numMoves += moves.length;
    }
  });
  const pixels = product(spatial);
  const numBlocks = blockWords.length / 5;
  const { chunk, tasks } = chunksOf(pixels, width, 32768);
  const args: Arg[] = [...inputs, ...outputs.map(({ value }) => value)].map((value) => plan.arg(value));
  plan.step({
    kernel: "f32_channels_blocked",
    args,
    params: Int32Array.from([
      ...[batch, pixels, chunk, inputs.length, numBlocks],
      ...inputs.map((input) => Math.ceil(dims(input)[1]! / width)),
      ...blockWords,
      ...moveWords,
    ]),
    tasks: batch * numBlocks * tasks,
  });
}

/** Picks that put the values' channels one after the other. */
export function inOrder(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

type PickAttrs = ops.PickChannelsAttrs;

function reason(node: Node<PickAttrs>): true | string {
  const values = [...node.inputs, ...node.outputs];
  return firstReason(allOf(node, ["f32"]), values.every(isBlockable) || "not every value has 4 dimensions");
}

/** Blocked maps of f32. */
export function channelKernels(context: X86Context): Kernel[] {
  const kernel: Kernel<PickAttrs> = {
    op: ops.pickChannels,
    name: "x86/pick-channels",
    supports: reason,
    layouts: (node) => [
      { inputs: node.inputs.map(() => context.layout), outputs: node.outputs.map(() => context.layout) },
    ],
    costNs: (node) => streamNs(node),
    lower(node, plan) {
      const { picks } = node.attrs;
      const outputs = node.outputs.map((value, i) => ({ value, picks: picks[i]! }));
      channelsStep(plan, context, { inputs: node.inputs, outputs });
    },
  };
  return [sized(kernel) as Kernel];
}
