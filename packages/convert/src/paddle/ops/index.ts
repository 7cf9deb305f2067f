/** Which function reads which Paddle operator. Families know the context and the op catalogue, not each other's nodes. */
import type { Convert } from "../context.ts";
import { activation } from "./activation.ts";
import { creation } from "./creation.ts";
import { detection } from "./detection.ts";
import { indexing } from "./indexing.ts";
import { lite } from "./lite.ts";
import { math } from "./math.ts";
import { movement } from "./movement.ts";
import { nn } from "./nn.ts";
import { padding } from "./padding.ts";
import { quant } from "./quant.ts";
import { recurrent } from "./recurrent.ts";
import { resize } from "./resize.ts";

const table: ReadonlyMap<string, Convert> = new Map(
  [
    nn,
    activation,
    math,
    movement,
    indexing,
    creation,
    padding,
    resize,
    recurrent,
    detection,
    quant,
    lite,
  ].flatMap((family) => Object.entries(family)),
);

/** The function for an operator; undefined when it is not supported. */
export function findOperator(type: string): Convert | undefined {
  return table.get(type);
}

/** Every supported operator. */
export function supportedPaddleOperators(): readonly string[] {
  return [...table.keys()].sort();
}
