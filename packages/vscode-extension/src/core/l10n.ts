/** Text for people, with `{0}`, `{1}` … in place of the arguments; the message itself is the key of its translation. */
export type Translate = (message: string, ...args: (string | number)[]) => string;

/** Puts arguments into a message without translating it. */
export const interpolate: Translate = (message, ...args) =>
  message.replaceAll(/\{(\d+)\}/g, (whole, at: string) => String(args[Number(at)] ?? whole));

let translate: Translate = interpolate;

/** Lets the editor's translations in; said once, when the extension starts. */
export function useTranslations(next: Translate): void {
  translate = next;
}

/** A message in the user's language. */
export const t: Translate = (message, ...args) => translate(message, ...args);
