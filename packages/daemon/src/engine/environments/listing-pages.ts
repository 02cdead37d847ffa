import { CondockError, type EnvironmentListing, type EnvironmentPackage, LIMITS } from '@condock/protocol';

type Page = EnvironmentListing & { nextCursor?: string };

/** Milliseconds that the rest of a listing is kept for its reader. */
const LIFETIME = 60_000;

/** What waits for its readers at once: listings, and the packages and environments in them (about a kilobyte each). */
const MAX_LISTINGS = 32;
const MAX_ENTRIES = 50_000;

interface Waiting {
  rest: EnvironmentListing;
  entries: number;
  connection: string;
  until: number;
}

/**
 * Hands out a long listing in pages of about `LIMITS.pageBytes`. What was answered is kept until its last page is read, so that all
 * pages are of one moment. An environment that spans pages appears in each of them with its own part of the packages.
 */
export class ListingPages {
  readonly #waiting = new Map<string, Waiting>();
  readonly #now: () => number;
  readonly #random: () => string;

  constructor(parts: { now: () => number; random: () => string }) {
    this.#now = parts.now;
    this.#random = parts.random;
  }

  first(listing: EnvironmentListing, connection: string): Page {
    const { page, rest } = cut(listing);
    if (rest === undefined) return page;
    const cursor = this.#random();
    const entries = entriesOf(rest);
    this.#makeRoom(entries);
    this.#waiting.set(cursor, { rest, entries, connection, until: this.#now() + LIFETIME });
    return { ...page, nextCursor: cursor };
  }

  next(cursor: string, connection: string): Page {
    const waiting = this.#waiting.get(cursor);
    if (waiting?.connection !== connection || waiting.until < this.#now()) {
      throw new CondockError('usage', 'This cursor is unknown or too old.', {
        hint: 'List the environment again without a cursor.',
      });
    }
    this.#waiting.delete(cursor);
    return this.first(waiting.rest, connection);
  }

  connectionClosed(connection: string): void {
    for (const [cursor, waiting] of this.#waiting) if (waiting.connection === connection) this.#waiting.delete(cursor);
  }

  /** Makes room: who has begun the most without reading it to the end loses the oldest of it. */
  #makeRoom(entries: number): void {
    const held = new Map<string, number>();
    let total = entries;
    for (const [cursor, one] of this.#waiting) {
      if (one.until < this.#now()) this.#waiting.delete(cursor);
      else {
        held.set(one.connection, (held.get(one.connection) ?? 0) + one.entries);
        total += one.entries;
      }
    }
    while (this.#waiting.size > 0 && (this.#waiting.size >= MAX_LISTINGS || total > MAX_ENTRIES)) {
      const [greediest] = [...held].reduce((a, b) => (b[1] > a[1] ? b : a));
      const [cursor, one] = [...this.#waiting].find(([, { connection }]) => connection === greediest) ?? [];
      if (cursor === undefined || one === undefined) return;
      this.#waiting.delete(cursor);
      held.set(greediest, (held.get(greediest) ?? 0) - one.entries);
      total -= one.entries;
    }
  }
}

const entriesOf = ({ environments }: EnvironmentListing): number =>
  environments.reduce((sum, { packages }) => sum + packages.length + 1, 0);

function cut(listing: EnvironmentListing): { page: EnvironmentListing; rest?: EnvironmentListing } {
  const page: EnvironmentListing = { ...listing, environments: [] };
  let bytes = 0;
  for (const [at, environment] of listing.environments.entries()) {
    const from = (place: number): EnvironmentListing => {
      const rest = { ...environment, packages: environment.packages.slice(place) };
      return { ...listing, environments: [rest, ...listing.environments.slice(at + 1)], warnings: [] };
    };
    // Empty environments by the thousand fill a page as well.
    bytes += HEAD + Buffer.byteLength(environment.name);
    if (bytes > LIMITS.pageBytes && at > 0) return { page, rest: from(0) };
    const taken = { ...environment, packages: [] as typeof environment.packages };
    page.environments.push(taken);
    for (const [place, one] of environment.packages.entries()) {
      bytes += roughBytes(one);
      if (bytes > LIMITS.pageBytes && (at > 0 || place > 0)) return { page, rest: from(place) };
      taken.packages.push(one);
    }
  }
  return { page };
}

/** Of one entry as JSON, within a tenth: to write each out only to measure it would cost more than all the rest of a listing. */
function roughBytes(one: EnvironmentPackage): number {
  let bytes = MEMBERS;
  for (const value of Object.values(one)) {
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (typeof value === 'object' && value !== null) bytes += JSON.stringify(value).length;
  }
  return bytes;
}

/** Bytes of an entry without its strings: names of members, quotes, numbers, nulls. */
const MEMBERS = 260;

/** Bytes of an environment without its name and packages. */
const HEAD = 60;
