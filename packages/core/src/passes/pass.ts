/**
 * Program in, better program out: the same results for the same feeds, within rounding.
 * Knows the operators and no machine.
 */
import { PassError } from "../errors.ts";
import { print } from "../ir/print.ts";
import type { Program } from "../ir/program.ts";
import { applyRewrites, type Rewrite } from "../ir/rewrite.ts";
import { typesAgree, verify } from "../ir/verify.ts";

export interface Pass {
  readonly name: string;
  /** Returns the same program when there is nothing to do. */
  run(program: Program): Program;
}

/** One sweep of some rewrites, as a pass. */
export function rewritePass(name: string, rewrites: readonly Rewrite[]): Pass {
  return { name, run: (program) => applyRewrites(program, rewrites) };
}

/** The rewrite where it keeps the output's shape: a number held as [1,1,1] may raise the rank of a small value. */
export function keepingType(rewrite: Rewrite): Rewrite {
  return {
    ...rewrite,
    rewrite(node, graph) {
      const values = rewrite.rewrite(node, graph);
      const isSame = values?.every((value, i) => typesAgree(value.type, node.outputs[i]!.type));
      return isSame ? values : undefined;
    },
  };
}

/** Rounds after which passes that undo each other are stopped; each round's program is correct. */
const maxRounds = 16;

/** Runs and verifies one pass. Throws PassError with the text of the program it was given. */
export function runPass(program: Program, pass: Pass): Program {
  try {
    const next = pass.run(program);
    if (next !== program) verify(next);
    return next;
  } catch (cause) {
    throw new PassError(pass.name, print(program), { cause });
  }
}

/** Runs the passes in order, again and again until none changes the program. Throws PassError. */
export function runPasses(program: Program, passes: readonly Pass[]): Program {
  let current = program;
  let lastChange = 0;
  for (let step = 1; step <= maxRounds * passes.length; step++) {
    const next = runPass(current, passes[(step - 1) % passes.length]!);
    if (next !== current) lastChange = step;
    current = next;
    if (step - lastChange >= passes.length) break;
  }
  return current;
}
