import { DataError } from "../../errors.ts";
import { none, Parser, type Test, type Tree } from "./regex-parser.ts";

/**
 * Regular expressions matched in time linear in the text (Thompson 1968), for patterns that come with a model. A
 * pattern is a program of instructions over code points.
 */
type Instruction =
  | { readonly kind: "one"; readonly test: Test }
  | { readonly kind: "split"; readonly to: readonly number[] }
  | { readonly kind: "assert"; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: "match" };

const mostInstructions = 20_000;

class Compiler {
  readonly program: Instruction[] = [];
  #steps = 0;

  /** Throws DataError for a pattern that repeats too much. */
  add(tree: Tree): void {
    if (++this.#steps > mostInstructions) {
      throw new DataError(`a pattern of over ${mostInstructions} steps; expected a shorter one.`);
    }
    if (tree.kind === "one" || tree.kind === "assert") this.program.push(tree);
    else if (tree.kind === "all") for (const part of tree.parts) this.add(part);
    else if (tree.kind === "any") this.#any(tree.parts);
    else this.#repeat(tree);
  }

  #any(parts: readonly Tree[]): void {
    const fork = this.#reserve();
    const starts: number[] = [];
    const ends: number[] = [];
    for (const part of parts) {
      starts.push(this.program.length);
      this.add(part);
      ends.push(this.#reserve());
    }
    this.program[fork] = { kind: "split", to: starts };
    for (const end of ends) this.program[end] = { kind: "split", to: [this.program.length] };
  }

  #repeat({ part, min, max }: Tree & { kind: "repeat" }): void {
    for (let i = 0; i < min; i++) this.add(part);
    if (max === Number.POSITIVE_INFINITY) {
      const fork = this.#reserve();
      this.add(part);
      this.program.push({ kind: "split", to: [fork] });
      this.program[fork] = { kind: "split", to: [fork + 1, this.program.length] };
      return;
    }
    const forks: number[] = [];
    for (let i = min; i < max; i++) {
      forks.push(this.#reserve());
      this.add(part);
    }
    for (const fork of forks) this.program[fork] = { kind: "split", to: [fork + 1, this.program.length] };
  }

  #reserve(): number {
    this.program.push({ kind: "split", to: [] });
    return this.program.length - 1;
  }
}

/** Where the program may stand between two code points. */
class Threads {
  readonly #program: readonly Instruction[];
  readonly #seen: Uint32Array;
  #mark = 0;

  constructor(program: readonly Instruction[]) {
    this.#program = program;
    this.#seen = new Uint32Array(program.length);
  }

  /** The instructions that read or match, reached from `starts` without reading. */
  reach(starts: readonly number[], before: number, after: number): number[] {
    this.#mark++;
    const found: number[] = [];
    const waiting = [...starts];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (this.#seen[at] === this.#mark) continue;
      this.#seen[at] = this.#mark;
      const step = this.#program[at]!;
      if (step.kind === "split") waiting.push(...step.to);
      else if (step.kind === "assert") {
        if (step.holds(before, after)) waiting.push(at + 1);
      } else found.push(at);
    }
    return found;
  }
}

/** Whether a whole text is of the pattern. Throws DataError for what is no pattern. */
export function fullMatcher(pattern: string): (text: string) => boolean {
  const compiler = new Compiler();
  compiler.add(new Parser(pattern).parse());
  const program: readonly Instruction[] = [...compiler.program, { kind: "match" }];
  const threads = new Threads(program);
  return (text) => {
    const codes = Array.from(text, (char) => char.codePointAt(0)!);
    let current = threads.reach([0], none, codes[0] ?? none);
    codes.forEach((code, i) => {
      const next = current.filter((at) => {
        const step = program[at]!;
        return step.kind === "one" && step.test(code);
      });
      const starts = next.map((at) => at + 1);
      current = starts.length === 0 ? [] : threads.reach(starts, code, codes[i + 1] ?? none);
    });
    return current.includes(program.length - 1);
  };
}
