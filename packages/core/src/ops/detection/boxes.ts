/** Boxes as x1, y1, x2, y2, one after another in an array. */

/** Pixels count their own width where boxes are not normalised: sides are longer by one. */
export interface BoxRule {
  readonly extra: 0 | 1;
}

export function area(boxes: Float64Array, at: number, { extra }: BoxRule): number {
  const [width, height] = [boxes[at + 2]! - boxes[at]!, boxes[at + 3]! - boxes[at + 1]!];
  return width < 0 || height < 0 ? 0 : (width + extra) * (height + extra);
}

/** Intersection over union; 0 for boxes that do not meet. */
export function overlap(boxes: Float64Array, a: number, b: number, rule: BoxRule): number {
  const x1 = Math.max(boxes[a]!, boxes[b]!);
  const y1 = Math.max(boxes[a + 1]!, boxes[b + 1]!);
  const x2 = Math.min(boxes[a + 2]!, boxes[b + 2]!);
  const y2 = Math.min(boxes[a + 3]!, boxes[b + 3]!);
  if (x2 < x1 || y2 < y1) return 0;
  const common = (x2 - x1 + rule.extra) * (y2 - y1 + rule.extra);
  const union = area(boxes, a, rule) + area(boxes, b, rule) - common;
  return union <= 0 ? 0 : common / union;
}

/** Indices of scores above the threshold by falling score, equal ones by index; at most `most` (negative: all). */
export function ranked(scores: Float64Array, threshold: number, most: number): number[] {
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold) order.push(i);
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  return most < 0 ? order : order.slice(0, most);
}

export interface SuppressionRule extends BoxRule {
  readonly threshold: number;
  /** Below 1 the threshold shrinks by this factor after each kept box, while it is above a half. */
  readonly eta: number;
}

/** Those of `order` that overlap none kept before them by more than the threshold. `at` is where a box begins. */
export function suppress(
  boxes: Float64Array,
  order: readonly number[],
  at: (index: number) => number,
  rule: SuppressionRule,
): number[] {
  const kept: number[] = [];
  let { threshold } = rule;
  for (const i of order) {
    if (kept.some((other) => overlap(boxes, at(other), at(i), rule) > threshold)) continue;
    kept.push(i);
    if (rule.eta < 1 && threshold > 0.5) threshold *= rule.eta;
  }
  return kept;
}
