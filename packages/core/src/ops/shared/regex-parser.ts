import { DataError } from "../../errors.ts";

/** The syntax of RE2 without named classes, as trees of tests of code points. */
export type Test = (codePoint: number) => boolean;

export type Tree =
  | { readonly kind: "one"; readonly test: Test }
  | { readonly kind: "assert"; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: "all"; readonly parts: readonly Tree[] }
  | { readonly kind: "any"; readonly parts: readonly Tree[] }
  | { readonly kind: "repeat"; readonly part: Tree; readonly min: number; readonly max: number };

/** Before the first and after the last code point. */
export const none = -1;
/** RE2's own bounds. */
const mostRepeats = 1000;
const deepestGroup = 200;

const isDigit: Test = (c) => c >= 48 && c <= 57;
const isWord: Test = (c) => isDigit(c) || (c >= 65 && c <= 90) || c === 95 || (c >= 97 && c <= 122);
const isSpace: Test = (c) => c === 32 || (c >= 9 && c <= 13 && c !== 11);
const not =
  (test: Test): Test =>
  (c) =>
    !test(c);

const classes: Readonly<Record<string, Test>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};
const controls: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, 0: 0 };

const isBoundary = (before: number, after: number): boolean =>
  (before !== none && isWord(before)) !== (after !== none && isWord(after));

interface Flags {
  readonly ignoresCase: boolean;
  readonly isMultiline: boolean;
  readonly dotsNewlines: boolean;
}

export class Parser {
  readonly #pattern: string;
  readonly #codes: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoresCase: false, isMultiline: false, dotsNewlines: false };

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#codes = [...pattern];
  }

  parse(): Tree {
    const tree = this.#any();
    if (this.#at < this.#codes.length) this.#fail("an unmatched )");
    return tree;
  }

  #fail(what: string): never {
    throw new DataError(
      `pattern ${JSON.stringify(this.#pattern.slice(0, 80))}: ${what} at ${this.#at}; expected RE2 syntax.`,
    );
  }

  #peek(): string | undefined {
    return this.#codes[this.#at];
  }

  #takes(text: string): boolean {
    if (
      !this.#codes
        .slice(this.#at, this.#at + text.length)
        .join("")
        .startsWith(text)
    )
      return false;
    this.#at += text.length;
    return true;
  }

  #any(): Tree {
    if (++this.#depth > deepestGroup) this.#fail("groups nested too deep");
    const parts = [this.#all()];
    while (this.#takes("|")) parts.push(this.#all());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: "any", parts };
  }

  #all(): Tree {
    const parts: Tree[] = [];
    for (let next = this.#peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#peek()) {
      parts.push(this.#repeated());
    }
    return { kind: "all", parts };
  }

  #repeated(): Tree {
    let tree = this.#atom();
    for (;;) {
      const range = this.#range();
      if (!range) return tree;
      this.#takes("?");
      tree = { kind: "repeat", part: tree, min: range[0], max: range[1] };
    }
  }

  #range(): readonly [number, number] | undefined {
    if (this.#takes("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#takes("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#takes("?")) return [0, 1];
    const found = /^\{(\d+)(,?)(\d*)\}/.exec(this.#codes.slice(this.#at, this.#at + 12).join(""));
    if (!found) return undefined;
    this.#at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === "" ? min : found[3] === "" ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (min > mostRepeats || (max > mostRepeats && max !== Number.POSITIVE_INFINITY) || max < min) {
      this.#fail(`a repetition ${found[0]}`);
    }
    return [min, max];
  }

  #atom(): Tree {
    if (this.#takes("(")) return this.#group();
    if (this.#takes("[")) return { kind: "one", test: this.#set() };
    if (this.#takes("^")) return this.#edge(true);
    if (this.#takes("$")) return this.#edge(false);
    if (this.#takes(".")) {
      const { dotsNewlines } = this.#flags;
      return { kind: "one", test: (c) => dotsNewlines || c !== 10 };
    }
    if (this.#takes("\\")) return this.#escape();
    const char = this.#codes[this.#at++]!;
    if ("*+?".includes(char)) this.#fail(`${char} after nothing`);
    return { kind: "one", test: this.#literal(char.codePointAt(0)!) };
  }

  #group(): Tree {
    const outer = this.#flags;
    const header = /^\?(P?<\w+>|[ims]*(?:-[ims]+)?:?)/.exec(
      this.#codes.slice(this.#at, this.#at + 64).join(""),
    );
    if (header) {
      this.#at += header[0].length;
      this.#setFlags(header[1]!);
      if (!header[0].endsWith(":") && !header[0].endsWith(">")) {
        if (!this.#takes(")")) this.#fail("an unknown group");
        return { kind: "all", parts: [] };
      }
    }
    const tree = this.#any();
    if (!this.#takes(")")) this.#fail("a missing )");
    this.#flags = outer;
    return tree;
  }

  #setFlags(text: string): void {
    if (text.endsWith(">")) return;
    const [on = "", off = ""] = text.replace(":", "").split("-");
    const pick = (letter: string, now: boolean): boolean =>
      off.includes(letter) ? false : now || on.includes(letter);
    this.#flags = {
      ignoresCase: pick("i", this.#flags.ignoresCase),
      isMultiline: pick("m", this.#flags.isMultiline),
      dotsNewlines: pick("s", this.#flags.dotsNewlines),
    };
  }

  #edge(isStart: boolean): Tree {
    const { isMultiline } = this.#flags;
    return {
      kind: "assert",
      holds: (before, after) => {
        const beside = isStart ? before : after;
        return beside === none || (isMultiline && beside === 10);
      },
    };
  }

  #literal(code: number): Test {
    if (!this.#flags.ignoresCase) return (c) => c === code;
    const lower = String.fromCodePoint(code).toLowerCase();
    return (c) => String.fromCodePoint(c).toLowerCase() === lower;
  }

  #escape(): Tree {
    if (this.#takes("b")) return { kind: "assert", holds: isBoundary };
    if (this.#takes("B")) return { kind: "assert", holds: (before, after) => !isBoundary(before, after) };
    if (this.#takes("A")) return { kind: "assert", holds: (before) => before === none };
    if (this.#takes("z")) return { kind: "assert", holds: (_, after) => after === none };
    const found = this.#escaped();
    return { kind: "one", test: typeof found === "number" ? this.#literal(found) : found };
  }

  #escaped(): number | Test {
    const char = this.#codes[this.#at++];
    if (char === undefined) return this.#fail("a trailing \\");
    if (Object.hasOwn(classes, char)) return classes[char]!;
    if (Object.hasOwn(controls, char)) return controls[char]!;
    if (char === "x") return this.#hexadecimal();
    if (/^[A-Za-z0-9]$/.test(char)) return this.#fail(`an unknown escape \\${char}`);
    return char.codePointAt(0)!;
  }

  #hexadecimal(): number {
    const found = /^(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))/.exec(
      this.#codes.slice(this.#at, this.#at + 8).join(""),
    );
    const code = Number.parseInt(found?.[1] ?? found?.[2] ?? "", 16);
    if (!found || code > 0x10ffff) return this.#fail("a malformed \\x");
    this.#at += found[0].length;
    return code;
  }

  #set(): Test {
    const isNegated = this.#takes("^");
    const tests: Test[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.#peek() === undefined) this.#fail("a missing ]");
      const from = this.#member();
      if (typeof from !== "number") {
        tests.push(from);
        continue;
      }
      const isRange = this.#peek() === "-" && this.#codes[this.#at + 1] !== "]";
      if (isRange) this.#at++;
      const to = isRange ? this.#member() : from;
      if (typeof to !== "number" || to < from) return this.#fail("a malformed range");
      tests.push(this.#between(from, to));
    }
    this.#at++;
    return isNegated ? (c) => !tests.some((test) => test(c)) : (c) => tests.some((test) => test(c));
  }

  #between(from: number, to: number): Test {
    const isIn: Test = (c) => c >= from && c <= to;
    if (!this.#flags.ignoresCase) return isIn;
    return (c) => {
      const char = String.fromCodePoint(c);
      return isIn(c) || isIn(char.toLowerCase().codePointAt(0)!) || isIn(char.toUpperCase().codePointAt(0)!);
    };
  }

  #member(): number | Test {
    if (this.#takes("\\")) return this.#escaped();
    const char = this.#codes[this.#at++];
    return char === undefined ? this.#fail("a missing ]") : char.codePointAt(0)!;
  }
}
