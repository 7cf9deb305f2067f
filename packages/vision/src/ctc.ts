import { DataError, type Tensor } from "@coracle/core";

export interface Transcript {
  readonly text: string;
  /** The mean probability of the characters kept; 0 for an empty text. */
  readonly confidence: number;
}

/**
 * Best-path CTC decoding (Graves et al. 2006, section 3.2): the best class of each step, repeats merged, blanks removed.
 * probabilities f32 [N,T,C]; class 0 is the blank, class i is alphabet[i - 1].
 */
export function ctcDecode(probabilities: Tensor, alphabet: readonly string[]): Transcript[] {
  const [n, t, c] = probabilities.shape;
  if (probabilities.shape.length !== 3 || c! !== alphabet.length + 1) {
    throw new DataError(
      `ctc: probabilities [${probabilities.shape}] and ${alphabet.length} characters; expected [N,T,${alphabet.length + 1}].`,
    );
  }
  const data = probabilities.data as Float32Array;
  return Array.from({ length: n! }, (_, i) =>
    decodeOne(data.subarray(i * t! * c!, (i + 1) * t! * c!), c!, alphabet),
  );
}

function decodeOne(data: Float32Array, numClasses: number, alphabet: readonly string[]): Transcript {
  let text = "";
  let sum = 0;
  let count = 0;
  let previous = 0;
  for (let offset = 0; offset < data.length; offset += numClasses) {
    let best = 0;
    for (let k = 1; k < numClasses; k++) if (data[offset + k]! > data[offset + best]!) best = k;
    if (best !== 0 && best !== previous) {
      text += alphabet[best - 1];
      sum += data[offset + best]!;
      count++;
    }
    previous = best;
  }
  return { text, confidence: count === 0 ? 0 : sum / count };
}
