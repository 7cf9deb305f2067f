export function bigMax(x: bigint, y: bigint): bigint {
  if (x > y) return x;
  return y;
}

export function bigMin(x: bigint, y: bigint): bigint {
  if (x < y) return x;
  return y;
}
