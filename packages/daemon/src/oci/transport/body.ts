import type { Readable } from 'node:stream';

/** Reads a body up to a limit in bytes. Undefined where it is longer: then the rest is left and the exchange ended. */
export async function readBounded(body: Readable, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}

/** Reads what a short body says, and nothing of a long or broken one: for error messages and hints. */
export async function readShort(body: Readable): Promise<string> {
  try {
    return (await readBounded(body, 64 * 1024))?.toString('utf8') ?? '';
  } catch {
    return '';
  }
}

/** Leaves a body whose content does not matter: a short one is read away, which keeps the connection. */
export function discard(body: Readable): void {
  let length = 0;
  body.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > 64 * 1024) body.destroy();
  });
}
