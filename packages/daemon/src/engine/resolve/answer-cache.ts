import type { PlannedPackage } from './planned-package.ts';
import type { Answer } from './check-package.ts';

/** How long an answer of a registry is repeated without asking again, in milliseconds. */
const LIFETIMES = { good: 10 * 60_000, bad: 30_000 } as const;

/** Entries; a listing of every environment of a busy machine fits. */
const CAPACITY = 50_000;

/**
 * Remembers what registries said, so that an editor that lists an environment again asks nobody. Answers got with a
 * secret of one client are kept apart: they must not tell another client what a private registry holds.
 */
export class AnswerCache {
  readonly #answers = new Map<string, { answer: Answer; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get(planned: PlannedPackage, identity: string | undefined): Answer | undefined {
    const key = keyOf(planned, identity);
    const found = this.#answers.get(key);
    if (found === undefined) return undefined;
    if (found.until > this.#now()) return found.answer;
    this.#answers.delete(key);
    return undefined;
  }

  set(planned: PlannedPackage, identity: string | undefined, answer: Answer): void {
    const key = keyOf(planned, identity);
    this.#answers.delete(key);
    const oldest = this.#answers.keys().next();
    if (this.#answers.size >= CAPACITY && oldest.done !== true) this.#answers.delete(oldest.value);
    const lifetime = answer.state === 'available' ? LIFETIMES.good : LIFETIMES.bad;
    // Silence is no answer: the next question may be answered.
    if (answer.state !== 'unreachable') this.#answers.set(key, { answer, until: this.#now() + lifetime });
  }

  /** After a login, a publish or a change of configuration. */
  clear(): void {
    this.#answers.clear();
  }
}

function keyOf(planned: PlannedPackage, identity: string | undefined): string {
  return [identity ?? '', planned.digest ?? '', planned.format ?? '', ...planned.origins.map((o) => o.reference)].join(
    '\n',
  );
}
