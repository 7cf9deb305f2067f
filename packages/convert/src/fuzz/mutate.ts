import { randomFrom } from "../testing/random.ts";

/** What to do to a model: cut it to a percentage of its length, or overwrite bytes chosen by a seed. */
export type Mutation =
  | { readonly kind: "truncate"; readonly percent: number }
  | { readonly kind: "flip"; readonly seed: number };

export function formatMutation(mutation: Mutation): string {
  return mutation.kind === "truncate" ? `truncate:${mutation.percent}` : `flip:${mutation.seed}`;
}

export function parseMutation(text: string): Mutation {
  const [kind, number] = text.split(":");
  if (kind === "truncate") return { kind, percent: Number(number) };
  if (kind === "flip") return { kind, seed: Number(number) };
  throw new Error(`mutation "${text}"; expected truncate:<percent> or flip:<seed>`);
}

const maxFlips = 16;
/** Every second seed stays in this many bytes at either end, where names, types and shapes are. */
const edgeBytes = 2048;

export function mutate(bytes: Uint8Array, mutation: Mutation): Uint8Array {
  if (mutation.kind === "truncate")
    return bytes.slice(0, Math.floor((bytes.length * mutation.percent) / 100));
  const random = randomFrom(mutation.seed);
  const out = new Uint8Array(bytes);
  const flips = 1 + Math.floor(random() * maxFlips);
  for (let i = 0; i < flips; i++) {
    const edge = Math.floor(random() * Math.min(edgeBytes, bytes.length));
    const inEdge = random() < 0.5 ? edge : bytes.length - 1 - edge;
    const at = mutation.seed % 2 === 0 ? Math.floor(random() * bytes.length) : inEdge;
    out[at] = Math.floor(random() * 256);
  }
  return out;
}
