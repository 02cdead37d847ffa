import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';

export interface Asked {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** What came before the line ended. */
  body: Buffer;
  /** The line ended before the body did. */
  broken: boolean;
}

export interface AskOptions {
  method?: Dispatcher.HttpMethod;
  headers?: Record<string, string>;
  body?: Buffer | string | Readable;
  ca?: string | undefined;
  /** Stops reading after so many bytes. */
  readOnly?: number;
  signal?: AbortSignal;
}

/** One plain request on a line of its own, no redirect followed, nothing repaired: what a test sees is what was sent. */
export async function ask(url: string, options: AskOptions = {}): Promise<Asked> {
  const { method = 'GET', headers = {}, body, ca, readOnly = Infinity, signal } = options;
  const agent = new Agent(ca === undefined ? {} : { connect: { ca } });
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let broken = false;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= readOnly) break;
      }
    } catch {
      broken = true;
    }
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks), broken };
  } finally {
    await agent.destroy();
  }
}
