import { ints as numbersOf, ops, type Tensor } from "@coracle/core";
import { dataTypeOf } from "../onnx/data-type.ts";
import { blockMessage } from "./control.ts";
import { type Entry, same, special } from "./elementwise.ts";
import { type Attributes, floats, graph, int, ints, text, texts, type as typeAttribute } from "./messages.ts";

const caseNames = { none: "NONE", lower: "LOWER", upper: "UPPER" } as const;

function poolAttributes(pool: Tensor): Attributes {
  if (pool.dtype === "string") return { pool_strings: texts(pool.strings) };
  return { pool_int64s: ints(numbersOf(pool)) };
}

const strings: readonly Entry[] = [
  same(ops.stringConcat, "StringConcat"),
  same(ops.stringSplit, "StringSplit", ({ delimiter, maxSplit }) => ({
    delimiter: text(delimiter),
    maxsplit: maxSplit === undefined ? undefined : int(maxSplit),
  })),
  same(ops.stringNormalizer, "StringNormalizer", ({ caseChange, isCaseSensitive, stopwords, locale }) => ({
    case_change_action: text(caseNames[caseChange]),
    is_case_sensitive: int(isCaseSensitive),
    stopwords: stopwords.length > 0 ? texts(stopwords) : undefined,
    locale: text(locale.replaceAll("-", "_")),
  })),
  same(ops.regexFullMatch, "RegexFullMatch", ({ pattern }) => ({ pattern: text(pattern) })),
  same(ops.tfIdf, "TfIdfVectorizer", (attrs) => ({
    mode: text(attrs.mode),
    min_gram_length: int(attrs.minGramLength),
    max_gram_length: int(attrs.maxGramLength),
    max_skip_count: int(attrs.maxSkipCount),
    ngram_counts: ints(attrs.gramStarts),
    ngram_indexes: ints(attrs.gramColumns),
    weights: attrs.weights.length > 0 ? floats(attrs.weights) : undefined,
    ...poolAttributes(attrs.pool),
  })),
];

const containers: readonly Entry[] = [
  same(ops.sequenceConstruct, "SequenceConstruct"),
  same(ops.sequenceEmpty, "SequenceEmpty", ({ dtype }) => ({ dtype: int(dataTypeOf(dtype)) })),
  same(ops.sequenceAt, "SequenceAt"),
  same(ops.sequenceInsert, "SequenceInsert"),
  same(ops.sequenceErase, "SequenceErase"),
  same(ops.sequenceLength, "SequenceLength"),
  same(ops.splitToSequence, "SplitToSequence", ({ axis, keepDims }) => ({
    axis: int(axis),
    keepdims: int(keepDims),
  })),
  same(ops.concatFromSequence, "ConcatFromSequence", ({ axis, newAxis }) => ({
    axis: int(axis),
    new_axis: int(newAxis),
  })),
  same(ops.optional, "Optional", ({ element }, { inputs }) => ({
    type: element && inputs.length === 0 ? typeAttribute(element) : undefined,
  })),
  same(ops.optionalGetElement, "OptionalGetElement"),
  same(ops.optionalHasElement, "OptionalHasElement"),
  special(ops.sequenceMap, (writer, { body, numInputs }) => {
    const message = blockMessage(writer, body, numInputs, writer.inputs.slice(numInputs));
    writer.graph.add("SequenceMap", writer.inputs.slice(0, numInputs), writer.outputs, {
      body: graph(message),
    });
  }),
];

/** Strings, sequences and optionals. */
export const objects: readonly Entry[] = [...strings, ...containers];
