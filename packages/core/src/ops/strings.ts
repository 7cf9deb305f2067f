import { DataError, ShapeError } from "../errors.ts";
import { defineOp, type Op } from "../ir/op.ts";
import { broadcastShapes, formatShape } from "../ir/shape.ts";
import { Tensor } from "../ir/tensor.ts";
import { allocate } from "./shared/allocate.ts";
import { checkDType, checkInputs } from "./shared/check.ts";
import { fullMatcher } from "./shared/regex.ts";
import { broadcastStrides, forEachStrided } from "./shared/strided.ts";
import type { NoAttrs } from "./unary.ts";

/** A step that joins strings makes no more characters than this. */
const mostCharacters = 2 ** 28;

/** x, y strings, broadcast together -> each x followed by its y. Throws ShapeError; DataError beyond 2^28 characters. */
export const stringConcat: Op<NoAttrs> = defineOp<NoAttrs>({
  name: "stringConcat",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 2);
    for (const input of inputs) checkDType(input, ["string"], "input");
    return [{ dtype: "string", shape: broadcastShapes(inputs[0]!.shape, inputs[1]!.shape) }];
  },
  reference([x, y]) {
    const shape = broadcastShapes(x!.shape, y!.shape) as readonly number[];
    const out = allocate("string", shape) as unknown as string[];
    const [a, b] = [x!.strings, y!.strings];
    let characters = 0;
    forEachStrided(shape, [broadcastStrides(x!.shape, shape), broadcastStrides(y!.shape, shape)], (i, at) => {
      const text = a[at[0]!]! + b[at[1]!]!;
      characters += text.length;
      if (characters > mostCharacters) {
        throw new DataError(`strings of over ${mostCharacters} characters; expected shorter ones.`);
      }
      out[i] = text;
    });
    return [Tensor.from("string", shape, out)];
  },
});

export interface StringSplitAttrs {
  /** Empty: runs of white space, leaving out empty parts. */
  readonly delimiter: string;
  /** Splits at most so often; absent: everywhere. */
  readonly maxSplit?: number;
}

const whiteSpace = /\s+/gu;

/** The pieces between the first `most` places where it is cut; the last piece is the rest as it is. */
function splitAtSpaces(text: string, most: number): string[] {
  const pieces: string[] = [];
  let at = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  while (at < end) {
    whiteSpace.lastIndex = at;
    const gap = pieces.length < most ? whiteSpace.exec(text) : null;
    if (!gap || gap.index >= end) {
      pieces.push(most === Number.POSITIVE_INFINITY || gap ? text.slice(at, end) : text.slice(at));
      return pieces;
    }
    pieces.push(text.slice(at, gap.index));
    at = gap.index + gap[0].length;
  }
  return pieces;
}

function splitText(text: string, { delimiter, maxSplit }: StringSplitAttrs): string[] {
  const most = maxSplit ?? Number.POSITIVE_INFINITY;
  if (delimiter === "") return splitAtSpaces(text, most);
  const pieces = text.split(delimiter);
  if (pieces.length - 1 <= most) return pieces;
  return [...pieces.slice(0, most), pieces.slice(most).join(delimiter)];
}

/** x strings [...] -> its pieces [..., most], filled up with "", and how many there are, i64 [...]. Throws ShapeError. */
export const stringSplit: Op<StringSplitAttrs> = defineOp<StringSplitAttrs>({
  name: "stringSplit",
  accuracy: "exact",
  takes: "strings",
  infer(inputs, { maxSplit }) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["string"], "x");
    if (maxSplit !== undefined && maxSplit < 0) {
      throw new ShapeError(`maxSplit ${maxSplit}; expected a non-negative number.`);
    }
    const { shape } = inputs[0]!;
    return [
      { dtype: "string", shape: [...shape, "?pieces"] },
      { dtype: "i64", shape },
    ];
  },
  reference([x], attrs) {
    const pieces = Array.from(x!.strings, (text) => splitText(text, attrs));
    const most = pieces.reduce((length, list) => Math.max(length, list.length), 0);
    const shape = [...x!.shape, most];
    const out = allocate("string", shape) as unknown as string[];
    pieces.forEach((list, i) => {
      list.forEach((piece, j) => {
        out[i * most + j] = piece;
      });
    });
    const counts = pieces.map(({ length }) => length);
    return [Tensor.from("string", shape, out), Tensor.from("i64", x!.shape, counts)];
  },
});

export interface StringNormalizerAttrs {
  readonly caseChange: "none" | "lower" | "upper";
  readonly isCaseSensitive: boolean;
  /** Left out. */
  readonly stopwords: readonly string[];
  /** As the language tags of the web ("en-US"). */
  readonly locale: string;
}

function cased(text: string, change: StringNormalizerAttrs["caseChange"], locale: string): string {
  if (change === "none") return text;
  return change === "lower" ? text.toLocaleLowerCase(locale) : text.toLocaleUpperCase(locale);
}

/** Throws DataError for what is no language tag. */
function checkLocale(locale: string): void {
  try {
    "".toLocaleLowerCase(locale);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DataError(`locale ${JSON.stringify(locale)}; expected a language tag.`, { cause });
  }
}

/** x strings [C] or [1,C] -> without stopwords, in the case asked for; one "" when none is left. Throws ShapeError. */
export const stringNormalizer: Op<StringNormalizerAttrs> = defineOp<StringNormalizerAttrs>({
  name: "stringNormalizer",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["string"], "x");
    const { shape } = inputs[0]!;
    if (
      shape.length < 1 ||
      shape.length > 2 ||
      (shape.length === 2 && shape[0] !== 1 && typeof shape[0] === "number")
    ) {
      throw new ShapeError(`x has shape ${formatShape(shape)}; expected [C] or [1,C].`);
    }
    return [{ dtype: "string", shape: [...shape.slice(0, -1), "?words"] }];
  },
  reference([x], { caseChange, isCaseSensitive, stopwords, locale }) {
    checkLocale(locale);
    if (x!.shape.length === 2 && x!.shape[0] !== 1) {
      throw new DataError(`x has shape ${formatShape(x!.shape)}; expected [C] or [1,C].`);
    }
    const fold = (text: string): string => (isCaseSensitive ? text : text.toLocaleLowerCase(locale));
    const stops = new Set(stopwords.map(fold));
    const kept = x!.strings.filter((text) => !stops.has(fold(text)));
    const words = kept.length === 0 ? [""] : kept.map((text) => cased(text, caseChange, locale));
    return [Tensor.from("string", [...x!.shape.slice(0, -1), words.length], words)];
  },
});

export interface RegexFullMatchAttrs {
  /** In RE2's syntax. */
  readonly pattern: string;
}

/** x strings -> whether each is wholly of the pattern, bool. Throws ShapeError; DataError for what is no pattern. */
export const regexFullMatch: Op<RegexFullMatchAttrs> = defineOp<RegexFullMatchAttrs>({
  name: "regexFullMatch",
  accuracy: "exact",
  takes: "strings",
  infer(inputs) {
    checkInputs(inputs, 1);
    checkDType(inputs[0]!, ["string"], "x");
    return [{ dtype: "bool", shape: inputs[0]!.shape }];
  },
  reference([x], { pattern }) {
    const matches = fullMatcher(pattern);
    return [
      Tensor.from(
        "bool",
        x!.shape,
        Array.from(x!.strings, (text) => Number(matches(text))),
      ),
    ];
  },
});
