import { createRequire } from 'node:module';
import { CondockError } from '@condock/protocol';
import { keychainFailure, keychainReason, reasonOf, type KeychainReason } from './failures.ts';
import { HelperProcess, type HelperRequest } from './helper-process.ts';
import type { Keychain, KeychainCall } from './keychain.ts';

export interface SystemKeychainParts {
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  execPath?: string;
  keytarPath?: string;
  timeouts?: Partial<KeychainTimeouts>;
}

/** Milliseconds. */
export interface KeychainTimeouts {
  /** For what no person waits for. */
  background: number;
  /** For login and logout: long enough to type a keychain's password into its window. */
  insisting: number;
  /** How long a keychain that did not answer is left alone. */
  restAfterHang: number;
  /** The same for one that can't be used at all: it may be started later. */
  restAfterFailure: number;
  /** How long the helper stays, waiting for more. */
  idle: number;
}

const TIMEOUTS: KeychainTimeouts = {
  background: 5_000,
  insisting: 45_000,
  restAfterHang: 300_000,
  restAfterFailure: 30_000,
  idle: 20_000,
};

/**
 * The keychain of the platform (macOS Keychain, Windows Credential Manager, Secret Service) through keytar, in a helper process
 * that is started at the first call and killed when a call takes too long. A keychain that hung or can't be used is left alone for a
 * while, so that it costs one request its time and not every one.
 */
export function systemKeychain(parts: SystemKeychainParts): Keychain {
  const timeouts = { ...TIMEOUTS, ...parts.timeouts };
  let helper: HelperProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let resting: { until: number; error: CondockError } | undefined;
  let underWay = 0;

  const running = (): HelperProcess => {
    if (helper === undefined || helper.ended) {
      helper = new HelperProcess({
        env: parts.env,
        execPath: parts.execPath ?? process.execPath,
        keytarPath: parts.keytarPath ?? keytarPath(),
      });
    }
    return helper;
  };
  const stop = (): void => {
    clearTimeout(idle);
    helper?.kill();
    helper = undefined;
  };
  const rest = (reason: KeychainReason, error: CondockError): void => {
    if (reason === 'locked' || reason === 'refused') return;
    const ms = reason === 'hanging' ? timeouts.restAfterHang : timeouts.restAfterFailure;
    resting = { until: parts.now() + ms, error };
  };

  const ask = async (request: HelperRequest, call: KeychainCall | undefined): Promise<string | boolean | null> => {
    call?.signal?.throwIfAborted();
    const insist = call?.insist === true;
    if (!insist && resting !== undefined && parts.now() < resting.until) throw resting.error;
    clearTimeout(idle);
    underWay += 1;
    try {
      const milliseconds = insist ? timeouts.insisting : timeouts.background;
      const answer = await bounded(running().ask(request), milliseconds, call?.signal);
      resting = undefined;
      return answer;
    } catch (error) {
      if (call?.signal?.aborted === true) throw error;
      const failure = error instanceof CondockError ? error : failureOf(error);
      const reason = keychainReason(failure) ?? 'refused';
      if (reason === 'hanging') stop();
      rest(reason, failure);
      throw failure;
    } finally {
      underWay -= 1;
      if (underWay === 0 && helper !== undefined) idle = setTimeout(stop, timeouts.idle).unref();
    }
  };

  return {
    get: async (service, account, call) => {
      const value = await ask({ action: 'get', service, account }, call);
      return typeof value === 'string' ? value : undefined;
    },
    set: async (service, account, secret, call) => {
      await ask({ action: 'set', service, account, secret }, call);
    },
    delete: async (service, account, call) => (await ask({ action: 'delete', service, account }, call)) === true,
    [Symbol.dispose]: stop,
  };
}

function keytarPath(): string {
  try {
    return createRequire(import.meta.url).resolve('keytar');
  } catch {
    throw keychainFailure('missing-library', 'the package "keytar" is not installed');
  }
}

function failureOf(error: unknown): CondockError {
  const message = error instanceof Error ? error.message : String(error);
  return keychainFailure(reasonOf(message), message);
}

async function bounded<T>(answer: Promise<T>, milliseconds: number, signal: AbortSignal | undefined): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(keychainFailure('hanging', `no answer within ${milliseconds / 1000} s`)),
          milliseconds,
        );
        onAbort = () => reject(new CondockError('cancelled', 'The request to the keychain was cancelled.'));
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    answer.catch(() => undefined);
  }
}
