import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CondockError } from '@condock/protocol';
import { isMissing } from './content-files.ts';
import { repositoryFileName } from './file-names.ts';
import type { ContentDigest } from './names.ts';

/** The body of one request to a session, and how to end it early. */
export interface UploadBody {
  chunks: AsyncIterable<Uint8Array>;
  /** Makes `chunks` end with an error, soon. */
  cut(): void;
}

/** One upload under way. Its bytes are a file, so that it can be gone on with after a restart or a kill. */
export interface UploadSession {
  readonly id: string;
  /** Bytes that have been received and written. */
  readonly offset: number;
  /**
   * Appends a body. `expected` bytes (undefined: any) must come, else what came is dropped again and `false` is the answer.
   * A line that breaks rejects; what had come by then stays, and the client may ask for the offset.
   */
  append(body: UploadBody, expected: number | undefined): Promise<boolean>;
  /**
   * Synced and checked against the digest: the file's path, for the caller to move away. Undefined: the bytes are others,
   * and the session is over.
   */
  finish(digest: ContentDigest): Promise<string | undefined>;
}

export interface UploadSessions {
  begin(repository: string): Promise<UploadSession>;
  /** Cuts what an earlier request still sends into this session: a client asks again only when it has given that up. */
  claim(repository: string, id: string): Promise<UploadSession | undefined>;
  /** How far a session is, without disturbing it. */
  offset(repository: string, id: string): Promise<number | undefined>;
  /** Cancels a session. False where there was none. */
  end(repository: string, id: string): Promise<boolean>;
}

export interface UploadSessionsOptions {
  root: string;
  /** Epoch milliseconds. */
  clock: () => number;
  /** Milliseconds without a byte after which a session is removed. */
  expireMs: number;
}

interface Live {
  /** Who claimed the session last; nobody else may write. */
  owner: symbol;
  /** Over the first `hashed` bytes; absent after a restart and after a part was dropped. */
  hash: { sum: Hash; hashed: number } | undefined;
  running: { cut: () => void; settled: Promise<unknown> } | undefined;
}

const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SWEEP_MS = 60 * 60 * 1000;

export async function openUploadSessions(options: UploadSessionsOptions): Promise<UploadSessions> {
  const base = join(options.root, 'uploads');
  const live = new Map<string, Live>();
  let swept = 0;
  await mkdir(base, { recursive: true, mode: 0o700 });

  const pathOf = (repository: string, id: string): string => join(base, repositoryFileName(repository), id);

  const sweep = async (): Promise<void> => {
    if (options.clock() - swept < SWEEP_MS) return;
    swept = options.clock();
    for (const repository of await readdir(base)) {
      for (const id of await readdir(join(base, repository))) {
        const path = join(base, repository, id);
        const modified = (await statOf(path))?.mtimeMs ?? Infinity;
        if (options.clock() - modified < options.expireMs || live.get(path)?.running !== undefined) continue;
        live.delete(path);
        await rm(path, { force: true });
      }
    }
  };

  const take = (path: string): Live => {
    const state: Live = live.get(path) ?? { owner: Symbol(), hash: undefined, running: undefined };
    state.owner = Symbol();
    live.set(path, state);
    return state;
  };

  const session = (path: string, id: string, start: number, state: Live): UploadSession => {
    let offset = start;
    const { owner } = state;

    const receive = async (body: UploadBody, expected: number | undefined): Promise<boolean> => {
      const before = offset;
      const file = await open(path, 'r+');
      try {
        if (before === 0) state.hash = { sum: createHash('sha256'), hashed: 0 };
        for await (const chunk of body.chunks) {
          if (expected !== undefined && offset - before + chunk.length > expected) return await drop(before);
          for (let at = 0; at < chunk.length;) {
            at += (await file.write(chunk, at, chunk.length - at, offset + at)).bytesWritten;
          }
          if (state.hash?.hashed === offset) {
            state.hash.sum.update(chunk);
            state.hash.hashed += chunk.length;
          }
          offset += chunk.length;
        }
        return expected === undefined || offset - before === expected ? true : await drop(before);
      } finally {
        await file.close();
      }
    };
    const drop = async (to: number): Promise<false> => {
      const file = await open(path, 'r+');
      await file.truncate(to);
      await file.close();
      offset = to;
      state.hash = undefined;
      return false;
    };
    return {
      id,
      get offset() {
        return offset;
      },
      append: async (body, expected) => {
        if (state.owner !== owner)
          throw new CondockError('conflict', `A later request has taken over the upload session ${id}.`);
        const work = receive(body, expected);
        const running = { cut: () => body.cut(), settled: work.catch(() => undefined) };
        state.running = running;
        try {
          return await work;
        } finally {
          if (state.running === running) state.running = undefined;
        }
      },
      finish: async (digest) => {
        const known = digest.algorithm === 'sha256' && state.hash?.hashed === offset ? state.hash.sum : undefined;
        const hex = known?.copy().digest('hex') ?? (await hashFile(path, digest.algorithm));
        live.delete(path);
        if (hex !== digest.hex) {
          await rm(path, { force: true });
          return undefined;
        }
        const file = await open(path, 'r+');
        await file.sync();
        await file.close();
        return path;
      },
    };
  };

  return {
    begin: async (repository) => {
      await sweep();
      const id = randomUUID();
      const path = pathOf(repository, id);
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      await (await open(path, 'wx', 0o600)).close();
      return session(path, id, 0, take(path));
    },
    claim: async (repository, id) => {
      if (!SESSION_ID.test(id)) return undefined;
      const path = pathOf(repository, id);
      for (let running = live.get(path)?.running; running !== undefined; running = live.get(path)?.running) {
        running.cut();
        await running.settled;
      }
      const state = take(path);
      const found = await statOf(path);
      if (found !== undefined) return session(path, id, found.size, state);
      live.delete(path);
      return undefined;
    },
    offset: async (repository, id) =>
      SESSION_ID.test(id) ? (await statOf(pathOf(repository, id)))?.size : Promise.resolve(undefined),
    end: async (repository, id) => {
      if (!SESSION_ID.test(id)) return false;
      const path = pathOf(repository, id);
      live.get(path)?.running?.cut();
      const existed = (await statOf(path)) !== undefined;
      live.delete(path);
      await rm(path, { force: true });
      return existed;
    },
  };
}

async function hashFile(path: string, algorithm: ContentDigest['algorithm']): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function statOf(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
