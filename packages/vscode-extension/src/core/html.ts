/** Markup that is known to be safe: only `html` makes it. */
export class SafeHtml {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | SafeHtml | undefined | readonly (string | number | SafeHtml)[];

/** A tagged template for markup. Every value is escaped, unless it is markup made here; lists are joined. */
export function html(strings: TemplateStringsArray, ...values: Value[]): SafeHtml {
  const parts = strings.map((literal, at) => literal + render(values[at]));
  return new SafeHtml(parts.join(''));
}

function render(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof SafeHtml) return value.text;
  if (typeof value === 'object') return value.map(render).join('');
  return escapeHtml(String(value));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

/** JSON that can stand in a script element: nothing in it can end the element. */
export const jsonForScript = (value: unknown): SafeHtml =>
  new SafeHtml(JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028'));
