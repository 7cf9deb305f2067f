import Table from "cli-table3";

/** A plain table; the first row of cells is the head. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** 12,345,678 as "12.3 M". */
export function formatCount(count: number): string {
  const units = ["", " k", " M", " G", " T"];
  let power = 0;
  let value = count;
  while (value >= 1000 && power < units.length - 1) {
    value /= 1000;
    power++;
  }
  return power === 0 ? String(count) : `${value.toPrecision(3)}${units[power]}`;
}

export function print(value: unknown, isJson: boolean, text: () => string): void {
  console.log(isJson ? JSON.stringify(value, null, 2) : text());
}
