import { CondockError, type EnvironmentListing, type EnvironmentPackage, LIMITS } from '@condock/protocol';

type Page = EnvironmentListing & { nextCursor?: string };

/** Milliseconds that the rest of a listing is kept for its reader. */
const LIFETIME = 60_000;

/** Listings that wait for their readers at once. */
const CAPACITY = 32;

/**
 * Hands out a long listing in pages of about `LIMITS.pageBytes`. What was answered is kept until its last page is read, so that all
 * pages are of one moment. An environment that spans pages appears in each of them with its own part of the packages.
 */
export class ListingPages {
  readonly #waiting = new Map<string, { rest: EnvironmentListing; connection: string; until: number }>();
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
    this.#forgetOld();
    this.#waiting.set(cursor, { rest, connection, until: this.#now() + LIFETIME });
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

  #forgetOld(): void {
    for (const [cursor, { until }] of this.#waiting) {
      if (until < this.#now() || this.#waiting.size >= CAPACITY) this.#waiting.delete(cursor);
    }
  }
}

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
