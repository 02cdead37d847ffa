/** One `machine` of a netrc file. */
export interface NetrcMachine {
  machine: string;
  login: string | undefined;
  password: string | undefined;
}

/**
 * Reads a netrc file as inetutils' and curl's documents describe it: `machine`, `login`, `password`, `account` and `macdef` tokens
 * between blanks, values maybe in double quotes with backslash escapes, `#` comments where a token could begin a line.
 * `default` is read over: it would send one secret to whatever host is asked.
 */
export function parseNetrc(text: string): NetrcMachine[] {
  const machines: NetrcMachine[] = [];
  let current: NetrcMachine | undefined;
  const tokens = new NetrcTokens(text);
  for (let word = tokens.next(); word !== undefined; word = tokens.next()) {
    switch (word) {
      case 'machine': {
        const machine = tokens.next();
        current = { machine: machine?.toLowerCase() ?? '', login: undefined, password: undefined };
        if (machine !== undefined) machines.push(current);
        break;
      }
      case 'default':
        current = undefined;
        break;
      case 'login':
      case 'password': {
        const value = tokens.next();
        if (current !== undefined) current[word] = value;
        break;
      }
      case 'account':
        tokens.next();
        break;
      case 'macdef':
        tokens.skipMacro();
        break;
      default:
        // Words that are not known are read over, as all implementations do.
        break;
    }
  }
  return machines;
}

class NetrcTokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(): string | undefined {
    const text = this.#text;
    for (;;) {
      const blanks = /\s*/y;
      blanks.lastIndex = this.#at;
      const gap = blanks.exec(text)?.[0] ?? '';
      const startsLine = this.#at === 0 || gap.includes('\n');
      this.#at += gap.length;
      if (this.#at >= text.length) return undefined;
      // A password may begin with '#', so that only a line can begin with a comment.
      if (!(startsLine && text[this.#at] === '#')) break;
      this.#skipLine();
    }
    return text[this.#at] === '"' ? this.#quoted() : this.#plain();
  }

  /** A macro goes on to the first empty line. */
  skipMacro(): void {
    const end = /\r?\n[ \t]*\r?\n/g;
    end.lastIndex = this.#at;
    const found = end.exec(this.#text);
    this.#at = found === null ? this.#text.length : end.lastIndex;
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    // The line feed itself stays: what follows begins a line too.
    this.#at = end < 0 ? this.#text.length : end;
  }

  #plain(): string {
    const start = this.#at;
    while (this.#at < this.#text.length && !/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #quoted(): string {
    let value = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const c = this.#text.charAt(this.#at);
      if (c === '"') {
        this.#at += 1;
        return value;
      }
      if (c !== '\\') {
        value += c;
        continue;
      }
      this.#at += 1;
      const escaped = this.#text.charAt(this.#at);
      value += { n: '\n', r: '\r', t: '\t' }[escaped] ?? escaped;
    }
    return value;
  }
}
