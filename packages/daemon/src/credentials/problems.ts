import { redact } from '@condock/protocol';

export interface ProblemContext {
  /** What names the place: `the docker config (/home/u/.docker/config.json)`. */
  namedBy?: string;
  /** The registry that was asked for, with port. */
  host?: string;
}

interface Problem extends ProblemContext {
  sentence: string;
}

/** Hosts that one sentence names; how many more there are is enough of the others. */
const HOSTS_SHOWN = 3;

/**
 * What is wrong with the places that secrets come from, one sentence per place. A place that is well again takes its
 * sentence back, so that a list of sessions shows how things stand and not how they once were.
 */
export class Problems {
  readonly #problems = new Map<string, Problem>();

  /** @param place What the sentence is about: a path, a helper, `keychain`. */
  set(place: string, sentence: string, context: ProblemContext = {}): void {
    this.#problems.set(place, { ...context, sentence: redact(sentence) });
  }

  clear(place: string): void {
    this.#problems.delete(place);
  }

  /** One text for each thing that is wrong, however many registries it is in the way of. */
  all(): string[] {
    const groups = new Map<string, Problem[]>();
    for (const problem of this.#problems.values()) {
      const key = JSON.stringify([problem.sentence, problem.namedBy]);
      groups.set(key, [...(groups.get(key) ?? []), problem]);
    }
    return [...groups.values()].map(describe);
  }

  /** Those that speak of one of these places. */
  of(places: readonly string[]): string[] {
    return this.all().filter((text) => places.some((place) => text.includes(place)));
  }

  /** What stands in the way of a login for one registry. */
  about(host: string): string | undefined {
    const all = [...this.#problems.values()];
    const found = all.find((problem) => problem.host === host) ?? all.find(({ sentence }) => names(sentence, host));
    return found && describe([found]);
  }
}

function describe(problems: Problem[]): string {
  const [first] = problems;
  const hosts = [...new Set(problems.flatMap(({ host }) => host ?? []))];
  const context = [
    ...(first?.namedBy === undefined ? [] : [`named by ${first.namedBy}`]),
    ...(hosts.length === 0 ? [] : [`asked for ${enumerate(hosts)}`]),
  ];
  return `${first?.sentence ?? ''}${context.length === 0 ? '' : ` (${context.join('; ')})`}`;
}

function enumerate(hosts: string[]): string {
  const shown = hosts.length > HOSTS_SHOWN ? hosts.slice(0, HOSTS_SHOWN - 1) : hosts;
  const rest = hosts.length - shown.length;
  return [...shown, ...(rest === 0 ? [] : [`${rest} others`])].join(', ').replace(/, ([^,]*)$/, ' and $1');
}

/** True where a sentence speaks of a host (and not of one whose name only holds it). */
function names(sentence: string, host: string): boolean {
  return sentence.split(/[\s,;()"]+/).some((word) => word === host || word.startsWith(`${host}/`));
}
