import { redact } from '@condock/protocol';

/**
 * What is wrong with the places that secrets come from, one sentence per place. A place that is well again takes its
 * sentence back, so that a list of sessions shows how things stand and not how they once were.
 */
export class Problems {
  readonly #sentences = new Map<string, string>();

  /** @param place What the sentence is about: a path, a helper, `keychain`. */
  set(place: string, sentence: string): void {
    this.#sentences.set(place, redact(sentence));
  }

  clear(place: string): void {
    this.#sentences.delete(place);
  }

  all(): string[] {
    return [...new Set(this.#sentences.values())];
  }
}
