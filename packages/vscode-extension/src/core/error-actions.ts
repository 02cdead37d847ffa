import type { ErrorDocument } from '@condock/protocol';
import { t } from './l10n.ts';

/** What can be done about an error with one click. */
export type ErrorAction =
  | { kind: 'sign-in'; title: string; host: string | undefined }
  | { kind: 'retry'; title: string }
  | { kind: 'restart'; title: string }
  | { kind: 'log'; title: string }
  | { kind: 'diagnose'; title: string }
  | { kind: 'settings'; title: string; setting: string }
  | { kind: 'collect'; title: string };

type Failure = Pick<ErrorDocument, 'code' | 'data'>;

/** The actions that help with an error, the best first. `retry` is offered where the same again may do. */
export function actionsFor({ code, data }: { code: Failure['code']; data?: object | undefined }): ErrorAction[] {
  const host = stringMember(data, 'host');
  const signIn = { kind: 'sign-in', title: t('Sign In…'), host } as const;
  const log = { kind: 'log', title: t('Show Log') } as const;
  const retry = { kind: 'retry', title: t('Try Again') } as const;
  switch (code) {
    case 'login-required':
    case 'denied':
      return [signIn, log];
    case 'daemon-unavailable':
    case 'protocol-mismatch':
      return [{ kind: 'restart', title: t('Start Daemon') }, log];
    case 'config-invalid':
      return data !== undefined && 'file' in data
        ? [log]
        : [{ kind: 'settings', title: t('Open Settings'), setting: 'condock' }];
    case 'store-failed':
      return [{ kind: 'collect', title: t('Free Space…') }, log];
    case 'unreachable':
    case 'timeout':
    case 'rate-limited':
    case 'registry-error':
    case 'conflict':
    case 'draining':
      return [retry, log];
    case 'internal':
      return [log, { kind: 'diagnose', title: t('Diagnose') }];
    default:
      return [];
  }
}

/** The text of a message: the sentence, then what to do. */
export const errorText = ({ message, hint }: Pick<ErrorDocument, 'message' | 'hint'>): string =>
  hint === undefined ? message : `${message} ${hint}`;

function stringMember(data: object | undefined, name: string): string | undefined {
  const value = (data as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}
