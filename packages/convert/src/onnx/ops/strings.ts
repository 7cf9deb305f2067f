import { ops, Tensor, type Value } from "@coracle/core";
import type { OnnxContext } from "../context.ts";

export function StringConcat(context: OnnxContext): readonly Value[] {
  return [context.emit(ops.stringConcat, {}, [context.input(0), context.input(1)])];
}

export function StringSplit(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const attrs = {
    delimiter: attributes.string("delimiter", ""),
    ...(attributes.has("maxsplit") ? { maxSplit: attributes.int("maxsplit", 0) } : {}),
  };
  return context.emitAll(ops.stringSplit, attrs, [context.input(0)]);
}

const caseChanges: Readonly<Record<string, "none" | "lower" | "upper">> = {
  NONE: "none",
  LOWER: "lower",
  UPPER: "upper",
};

export function StringNormalizer(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const asked = attributes.string("case_change_action", "NONE");
  const caseChange = Object.hasOwn(caseChanges, asked) ? caseChanges[asked]! : undefined;
  if (!caseChange) return context.fail(`case_change_action ${asked}`, "NONE, LOWER or UPPER");
  const attrs = {
    caseChange,
    isCaseSensitive: attributes.int("is_case_sensitive", 0) !== 0,
    stopwords: attributes.strings("stopwords") ?? [],
    locale: attributes
      .string("locale", "en_US")
      .replace(/[.@].*$/, "")
      .replaceAll("_", "-"),
  };
  return [context.emit(ops.stringNormalizer, attrs, [context.input(0)])];
}

export function RegexFullMatch(context: OnnxContext): readonly Value[] {
  return [
    context.emit(ops.regexFullMatch, { pattern: context.attributes.string("pattern", "") }, [
      context.input(0),
    ]),
  ];
}

const modes = ["TF", "IDF", "TFIDF"] as const;

export function TfIdfVectorizer(context: OnnxContext): readonly Value[] {
  const { attributes } = context;
  const asked = attributes.string("mode", "");
  const mode = modes.find((name) => name === asked);
  if (!mode) return context.fail(`mode "${asked}"`, modes.join(", "));
  const strings = attributes.strings("pool_strings");
  const numbers = attributes.ints("pool_int64s") ?? [];
  const attrs = {
    mode,
    minGramLength: context.requiredInt("min_gram_length"),
    maxGramLength: context.requiredInt("max_gram_length"),
    maxSkipCount: context.requiredInt("max_skip_count"),
    gramStarts: context.requiredInts("ngram_counts"),
    gramColumns: context.requiredInts("ngram_indexes"),
    pool: strings ? Tensor.from("string", [strings.length], strings) : Tensor.ints(numbers),
    weights: attributes.floats("weights") ?? [],
  };
  return [context.emit(ops.tfIdf, attrs, [context.input(0)])];
}
