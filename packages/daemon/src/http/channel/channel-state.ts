import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeLeftTemporariesOf, writeFileAtomic } from '../../system/atomic-file.ts';

/** What is remembered of the loopback channel, so that the URLs in clients' configurations outlive a daemon. */
export interface ChannelState {
  /** 32 random bytes, base64url: who does not know it can ask for nothing. */
  secret: string;
  /** The port of the last time; 0 before the first. */
  port: number;
  /** It was open when it was last heard of, and should be again. */
  serving: boolean;
  /** Channel URLs by the name under which they are served. */
  channels: Record<string, string>;
}

export interface ChannelStateFile {
  read(): ChannelState;
  write(state: ChannelState): void;
}

/** The state in a file that only its user may read. A file that is missing or damaged is begun anew. */
export function channelStateFile(path: string): ChannelStateFile {
  return {
    read: () =>
      parse(readText(path)) ?? { secret: randomBytes(32).toString('base64url'), port: 0, serving: false, channels: {} },
    write: (state) => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      removeLeftTemporariesOf(path);
      writeFileAtomic(path, `${JSON.stringify(state, null, 2)}\n`);
    },
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function parse(text: string): ChannelState | undefined {
  try {
    const value = JSON.parse(text) as Partial<ChannelState>;
    const sound =
      typeof value.secret === 'string' &&
      /^[A-Za-z0-9_-]{43}$/.test(value.secret) &&
      typeof value.port === 'number' &&
      typeof value.channels === 'object';
    return sound ? { serving: false, ...(value as Omit<ChannelState, 'serving'>) } : undefined;
  } catch {
    return undefined;
  }
}
