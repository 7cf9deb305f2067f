import { ShapeError } from "../errors.ts";
import { type Dim, formatShape, type Shape } from "../ir/shape.ts";

/** An equation applied to shapes. A label is a letter, or "...0", "...1" for a dimension of the ellipsis. */
export interface Contraction {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** Labels that the output lacks, in the order of their first use. */
  readonly summed: readonly string[];
  readonly dims: ReadonlyMap<string, Dim>;
}

const ellipsis = "...";

function tokens(term: string, equation: string): string[] {
  const found = term.match(/\.\.\.|[A-Za-z]/g) ?? [];
  if (found.join("") !== term || found.filter((token) => token === ellipsis).length > 1) {
    throw new ShapeError(`equation "${equation}"; expected letters and at most one "..." in each term.`);
  }
  return found;
}

function expand(list: readonly string[], rank: number): string[] {
  return list.flatMap((token) =>
    token === ellipsis ? Array.from({ length: rank }, (_, i) => `${ellipsis}${rank - 1 - i}`) : [token],
  );
}

/** Without "->": the ellipsis, then the letters used once, by the alphabet. */
function implicitOutput(terms: readonly (readonly string[])[]): string[] {
  const all = terms.flat();
  const letters = all.filter((token) => token !== ellipsis && all.indexOf(token) === all.lastIndexOf(token));
  return [...(all.includes(ellipsis) ? [ellipsis] : []), ...letters.sort()];
}

function ellipsisRank(term: readonly string[], shape: Shape, equation: string): number {
  const letters = term.filter((token) => token !== ellipsis).length;
  const rank = shape.length - letters;
  if (rank < 0 || (rank > 0 && !term.includes(ellipsis))) {
    throw new ShapeError(
      `shape ${formatShape(shape)}; expected ${letters} dimensions for "${term.join("")}" of equation "${equation}".`,
    );
  }
  return rank;
}

/** Throws ShapeError when the equation is malformed or the shapes do not fit it. */
export function contractionOf(equation: string, shapes: readonly Shape[]): Contraction {
  const [left, right, ...more] = equation.replaceAll(/\s/g, "").split("->");
  if (left === undefined || more.length > 0) {
    throw new ShapeError(`equation "${equation}"; expected at most one "->".`);
  }
  const terms = left.split(",").map((term) => tokens(term, equation));
  if (terms.length !== shapes.length) {
    throw new ShapeError(`${shapes.length} inputs; expected ${terms.length} for equation "${equation}".`);
  }
  const ranks = terms.map((term, i) => ellipsisRank(term, shapes[i]!, equation));
  const inputs = terms.map((term, i) => expand(term, ranks[i]!));
  const wanted = right === undefined ? implicitOutput(terms) : tokens(right, equation);
  const output = expand(wanted, Math.max(0, ...ranks));
  const dims = mergeDims(inputs, shapes, equation);
  if (new Set(output).size !== output.length || output.some((label) => !dims.has(label))) {
    throw new ShapeError(`equation "${equation}"; expected each output label once and in an input.`);
  }
  const summed = [...dims.keys()].filter((label) => !output.includes(label));
  return { inputs, output, summed, dims };
}

function mergeDims(
  inputs: readonly (readonly string[])[],
  shapes: readonly Shape[],
  equation: string,
): Map<string, Dim> {
  const dims = new Map<string, Dim>();
  inputs.forEach((labels, input) => {
    labels.forEach((label, axis) => {
      const [old, dim] = [dims.get(label), shapes[input]![axis]!];
      if (old === undefined || old === 1 || (typeof old === "string" && dim !== 1)) dims.set(label, dim);
      else if (dim !== old && dim !== 1 && typeof dim === "number") {
        throw new ShapeError(`label "${label}" is ${old} and ${dim}; expected equal sizes in "${equation}".`);
      }
    });
  });
  return dims;
}
