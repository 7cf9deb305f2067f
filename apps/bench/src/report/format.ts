/** Numbers as people read them. */

/** Three significant digits, never in powers of ten. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return value.toFixed(0);
  return magnitude >= 10 ? value.toFixed(1) : value.toFixed(magnitude >= 0.1 || magnitude === 0 ? 2 : 3);
}

export const mebibytes = (bytes: number | undefined): string =>
  bytes === undefined ? "" : digits(bytes / 2 ** 20);

export const difference = (value: number): string =>
  value === 0 ? "0" : Number.isFinite(value) ? value.toExponential(1) : "not comparable";

export const percent = (value: number): string => value.toFixed(value >= 9.95 ? 0 : 1);

export const threadsText = (threads: number): string => `${threads} ${threads === 1 ? "thread" : "threads"}`;
