/** Text that is safe to put into a page. `html` escapes what is put into it; `Markup` goes in as it is. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function text(part: Part): string {
  if (typeof part === "number") return String(Math.round(part * 100) / 100);
  if (typeof part === "string") return part.replace(/[&<>"']/g, (character) => entities[character]!);
  return "markup" in part ? part.markup : part.map(({ markup }) => markup).join("");
}

/** Numbers are rounded to hundredths: they are coordinates. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((out, string, i) => out + text(parts[i - 1]!) + string) };
}

export const none: Markup = { markup: "" };
