/**
 * The base protocol of LSP: `Content-Length: N`, an empty line, N bytes of UTF-8 JSON. Pure: bytes in, bodies out.
 * https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
 */

/** The bytes of a message as they stand on the wire; one string, so that it leaves in one write. */
export function encodeFrame(body: string): string {
  return `Content-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`;
}

/** What a peer sent that is not this protocol. The connection can't be used any further. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

export interface FrameLimits {
  headerBytes: number;
  bodyBytes: number;
}

const SEPARATOR = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * Splits what arrives into bodies. Holds at most the header bound, or twice what has arrived of one body: an announced
 * length costs nothing until its bytes are there.
 */
export class FrameDecoder {
  /** May be changed between two messages: a peer that has proved itself may say more. */
  readonly limits: FrameLimits;
  #header: Buffer = NOTHING;
  #body: Buffer | undefined;
  #filled = 0;
  #length = 0;

  constructor(limits: FrameLimits) {
    this.limits = { ...limits };
  }

  /** True between the first and the last byte of a message. */
  get isPartial(): boolean {
    return this.#body !== undefined || this.#header.length > 0;
  }

  /** The bodies that are whole with this chunk. Throws `FramingError`; the decoder is of no use after that. */
  *push(chunk: Buffer): Generator<string, void, undefined> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#body === undefined) {
        const after = this.#readHeader(rest);
        if (after === undefined) return;
        rest = after;
        if (rest.length >= this.#length) {
          // The common case: the whole message in one chunk, no copy.
          const text = rest.toString('utf8', 0, this.#length);
          rest = rest.subarray(this.#length);
          this.#length = 0;
          yield text;
          continue;
        }
        this.#body = NOTHING;
        this.#filled = 0;
      }
      const taken = this.#append(this.#body, rest);
      rest = rest.subarray(taken);
      if (this.#filled < this.#length) return;
      const text = this.#body.toString('utf8', 0, this.#length);
      this.#body = undefined;
      this.#length = 0;
      yield text;
    }
  }

  /** Takes in header bytes; what follows the header, or undefined where its end has not come yet. */
  #readHeader(chunk: Buffer): Buffer | undefined {
    // Bytes are bounded before they are joined, so a large chunk is never copied to look for a header's end.
    const window = chunk.subarray(0, this.limits.headerBytes + SEPARATOR.length - this.#header.length);
    const joined = this.#header.length === 0 ? window : Buffer.concat([this.#header, window]);
    const end = joined.indexOf(SEPARATOR);
    if (end > this.limits.headerBytes || (end < 0 && joined.length >= this.limits.headerBytes + SEPARATOR.length)) {
      throw new FramingError(`The header is longer than ${String(this.limits.headerBytes)} bytes.`);
    }
    if (end < 0) {
      // A view would keep the whole chunk that it was cut from alive.
      this.#header = Buffer.from(joined);
      return undefined;
    }
    const before = this.#header.length;
    this.#length = contentLength(joined.toString('latin1', 0, end));
    this.#header = NOTHING;
    if (this.#length > this.limits.bodyBytes) {
      throw new FramingError(
        `A message of ${String(this.#length)} bytes is longer than ${String(this.limits.bodyBytes)} bytes.`,
      );
    }
    return chunk.subarray(end + SEPARATOR.length - before);
  }

  #append(body: Buffer, chunk: Buffer): number {
    const taken = Math.min(chunk.length, this.#length - this.#filled);
    let target = body;
    if (this.#filled + taken > target.length) {
      const size = Math.min(this.#length, Math.max(4096, 2 * (this.#filled + taken)));
      target = Buffer.allocUnsafeSlow(size);
      body.copy(target, 0, 0, this.#filled);
      this.#body = target;
    }
    chunk.copy(target, this.#filled, 0, taken);
    this.#filled += taken;
    return taken;
  }
}

function contentLength(header: string): number {
  let length: number | undefined;
  for (const line of header.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new FramingError('A header line has no name.');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'content-length') {
      if (length !== undefined || !/^\d{1,15}$/.test(value)) throw new FramingError('Content-Length is not a number.');
      length = Number(value);
    } else if (name === 'content-type' && /charset=(?!"?utf-?8)/i.test(value)) {
      throw new FramingError('Messages are UTF-8 and nothing else.');
    }
  }
  if (length === undefined || length === 0) throw new FramingError('The header gives no length.');
  return length;
}
