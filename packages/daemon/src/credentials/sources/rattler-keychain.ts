import { CondockError, isCancellation } from '@condock/protocol';
import type { RunProgram } from '../../system/run-program.ts';
import { keychainReason } from '../keychain/failures.ts';
import type { Keychain } from '../keychain/keychain.ts';
import type { Problems } from '../problems.ts';
import type { Source } from '../source.ts';
import { TimeLimitedCache } from '../time-limited-cache.ts';
import {
  bestOf,
  type RattlerAuthentication,
  rattlerKeys,
  readRattlerAuthentication,
} from './rattler-authentication.ts';
import { describeRattlerEntry } from './rattler-file.ts';

/** Reads one of rattler's entries; undefined where there is none. */
export type ReadRattlerEntry = (account: string, signal: AbortSignal) => Promise<string | undefined>;

export interface RattlerKeychainParts {
  read: ReadRattlerEntry;
  problems: Problems;
  now: () => number;
  /** Milliseconds for which an answer holds. */
  answerMs: number;
}

const SERVICE = 'rattler';
/** Under this account newer versions of rattler keep the list of their hosts. */
const INDEX = '__rattler_authentication_hosts';
const WHERE = 'rattler keychain entry';
const NO_ANSWER_MS = 60_000;

/** What `pixi auth login` keeps: service `rattler`, the host key as account, the variant as JSON. */
export function rattlerKeychainSource(parts: RattlerKeychainParts): Source {
  const { problems, now } = parts;
  const cache = new TimeLimitedCache<string | undefined>(now, (value) =>
    value === undefined ? Math.min(NO_ANSWER_MS, parts.answerMs) : parts.answerMs,
  );
  // One that hangs costs one request its time, and not every host anew.
  let restsUntil = 0;
  const ask = (account: string, signal: AbortSignal | undefined): Promise<string | undefined> =>
    cache.get(
      account,
      async (ownSignal) => {
        if (now() < restsUntil) return undefined;
        try {
          const text = await parts.read(account, ownSignal);
          problems.clear(WHERE);
          return text;
        } catch (error) {
          if (isCancellation(error)) throw error;
          if (hangs(error)) restsUntil = now() + parts.answerMs;
          problems.set(WHERE, `rattler's entries in the keychain can't be read: ${sentence(error)}`);
          return undefined;
        }
      },
      signal,
    );
  const entry = async (key: string, signal?: AbortSignal): Promise<RattlerAuthentication | undefined> => {
    const text = await ask(key, signal);
    const read = text === undefined ? undefined : readRattlerAuthentication(tryJson(text));
    if (text !== undefined && read === undefined) {
      problems.set(`${WHERE} ${key}`, `The keychain entry of rattler for ${key} is malformed and was left out.`);
    } else {
      problems.clear(`${WHERE} ${key}`);
    }
    return read;
  };

  return {
    tool: 'pixi',
    places: () => [WHERE, "rattler's entries in the keychain", 'The keychain entry of rattler'],
    find: async ({ host, signal }) => {
      const keys = rattlerKeys(host);
      const found = await Promise.all(keys.map((key) => entry(key, signal)));
      const best = bestOf(found, { host, where: WHERE, now: now(), problems });
      if (best === undefined) return undefined;
      return { ...best, source: WHERE, expiresAt: Math.min(best.expiresAt ?? Infinity, now() + parts.answerMs) };
    },
    refused: (host) => {
      for (const key of rattlerKeys(host)) cache.refused(key);
    },
    list: async (signal) => {
      const index = tryJson((await ask(INDEX, signal)) ?? '[]');
      const hosts = Array.isArray(index) ? index.filter((host) => typeof host === 'string') : [];
      const entries = await Promise.all(
        hosts.map(async (host) => {
          const found = await entry(host, signal);
          return found === undefined ? [] : [describeRattlerEntry(host, found, WHERE, now())];
        }),
      );
      return entries.flat();
    },
  };
}

/** macOS: rattler's entries are generic passwords, as keytar's are. */
export function readThroughKeychain(keychain: Keychain): ReadRattlerEntry {
  return (account, signal) => keychain.get(SERVICE, account, { signal });
}

export interface SecretToolParts {
  run: RunProgram;
  env: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  /** Whether someone on this machine uses rattler at all: only then is a missing program worth a word. */
  isUsed: () => boolean;
}

/**
 * Linux: rattler files its items under the attributes `service` and `username`, keytar asks for `service`, `account` and its own
 * schema, so that it can't see them; libsecret's `secret-tool` can.
 */
export function readThroughSecretTool({ run, env, timeoutMs, isUsed }: SecretToolParts): ReadRattlerEntry {
  return async (account, signal) => {
    // Without a session bus there is no keychain, and asking would only start one in vain.
    if (env.DBUS_SESSION_BUS_ADDRESS === undefined && env.XDG_RUNTIME_DIR === undefined) return undefined;
    const args = ['lookup', 'service', SERVICE, 'username', account];
    try {
      const { exitCode, stdout, stderr } = await run({ program: 'secret-tool', args, env, timeoutMs, signal });
      if (exitCode === 0) return stdout;
      const said = stderr.trim().split('\n').at(-1) ?? '';
      // Nothing found is exit code 1 without a word.
      if (exitCode === 1 && !stderr.includes('secret-tool:')) return undefined;
      if (!isUsed()) return undefined;
      throw new CondockError('keychain-unavailable', `secret-tool failed: ${said.slice(0, 200)}`);
    } catch (error) {
      const missing = error instanceof CondockError && error.data?.reason === 'missing';
      if (missing && !isUsed()) return undefined;
      throw missing
        ? new CondockError(
            'keychain-unavailable',
            'the program "secret-tool" is not installed (Debian: libsecret-tools).',
          )
        : error;
    }
  };
}

/** Windows: the names that rattler gives its entries can't be asked for through keytar. */
export function readNothingOnWindows(isUsed: () => boolean): ReadRattlerEntry {
  return () =>
    isUsed()
      ? Promise.reject(
          new CondockError('keychain-unavailable', 'on Windows only rattler itself can; use "condock login" once.'),
        )
      : Promise.resolve(undefined);
}

function hangs(error: unknown): boolean {
  return keychainReason(error) === 'hanging' || (error instanceof CondockError && error.code === 'timeout');
}

function sentence(error: unknown): string {
  return error instanceof CondockError ? error.message : 'the reason is not known.';
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
