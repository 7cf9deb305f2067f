import type { Program, Tensor } from "@coracle/core";
import { randomFrom } from "../random.ts";
import { elementwise } from "./elementwise.ts";
import { Grower, type Grown } from "./grower.ts";
import { layers } from "./layers.ts";
import { movement } from "./movement.ts";

/** What a random program is made from; fewer and smaller numbers make a simpler program. */
export interface Recipe {
  readonly seed: number;
  /** One number for each attempt to add a node. */
  readonly steps: readonly number[];
  /** Whether the first dimension of the inputs is a symbol. */
  readonly isDynamic: boolean;
}

export interface RandomGraph {
  readonly program: Program;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What the program gives by reference, in order. */
  readonly outputs: readonly Grown[];
  readonly numNodes: number;
}

const makers = [...elementwise, ...layers, ...movement];

function inputShape(random: () => number): readonly number[] {
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const kind = random();
  if (kind < 0.55) return [upTo(2), random() < 0.5 ? upTo(6) : upTo(3) * 16, upTo(14), upTo(14)];
  if (kind < 0.8) return [upTo(8), upTo(3), upTo(20)];
  return [upTo(12), upTo(20)];
}

/** The same program for the same recipe. Undefined when no step of it made a node. */
export function randomGraph({ seed, steps, isDynamic }: Recipe): RandomGraph | undefined {
  const random = randomFrom(seed);
  const grower = new Grower(random);
  const symbol = isDynamic ? "n" : undefined;
  const shape = inputShape(random);
  grower.input("x", grower.floats(shape), symbol);
  if (random() < 0.3) grower.input("y", grower.floats(shape), symbol);
  for (const step of steps) makers[step % makers.length]!(grower);
  if (grower.numNodes === 0) return undefined;
  return { ...grower.build(), feeds: grower.feeds, numNodes: grower.numNodes };
}
