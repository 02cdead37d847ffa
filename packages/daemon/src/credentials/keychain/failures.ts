import { CondockError } from '@condock/protocol';

/** The ways in which a keychain is of no use, each with a sentence of its own. */
export type KeychainReason = 'missing-library' | 'no-service' | 'locked' | 'hanging' | 'refused';

const SENTENCES: Record<KeychainReason, string> = {
  'missing-library': "The keychain can't be used: its library could not be loaded.",
  'no-service': 'There is no keychain service in this session.',
  locked: 'The keychain is locked, or has never been set up.',
  hanging: 'The keychain does not answer.',
  refused: 'The keychain refused the request.',
};

const FALLBACK =
  'To go on without a keychain, choose it openly: keep the login in memory until the daemon ends, or in a plain-text file that only you can read (--keep memory, --keep file).';

const HINTS: Record<KeychainReason, string> = {
  'missing-library': `On Debian or Ubuntu: apt install libsecret-1-0. ${FALLBACK}`,
  'no-service': `On a desktop, start gnome-keyring or KWallet; over ssh and in containers there is usually none. ${FALLBACK}`,
  locked: `Unlock it (it opens with your login on a desktop), then try again. ${FALLBACK}`,
  hanging: `It may be waiting for a window that can not be shown. Unlock it or restart it, then try again. ${FALLBACK}`,
  refused: `Allow Condock in the keychain's own program. ${FALLBACK}`,
};

/** @param detail What the library said; never a secret. */
export function keychainFailure(reason: KeychainReason, detail?: string): CondockError {
  const said = detail === undefined || detail === '' ? '' : ` (${detail.slice(0, 200)})`;
  return new CondockError('keychain-unavailable', `${SENTENCES[reason]}${said}`, {
    hint: HINTS[reason],
    data: { reason },
  });
}

export function keychainReason(error: unknown): KeychainReason | undefined {
  if (!(error instanceof CondockError) || error.code !== 'keychain-unavailable') return undefined;
  const reason = error.data?.reason;
  return typeof reason === 'string' && reason in SENTENCES ? (reason as KeychainReason) : undefined;
}

const PATTERNS: readonly (readonly [RegExp, KeychainReason])[] = [
  [
    /ERR_DLOPEN_FAILED|shared object|dlopen|Failed to load keytar|MODULE_NOT_FOUND|Cannot find module/i,
    'missing-library',
  ],
  // libsecret for an item in a locked collection, and for a default collection that was never made.
  [/locked collection|is locked|does not exist at path|prompt.*dismissed|dismissed.*prompt/i, 'locked'],
  [
    /autolaunch|not provided by any|ServiceUnknown|Could not connect|Connection refused|no such file|NoServer|exited with status|connection is closed/i,
    'no-service',
  ],
];

/** What a message of keytar's, libsecret's or D-Bus's amounts to. */
export function reasonOf(message: string): KeychainReason {
  return PATTERNS.find(([pattern]) => pattern.test(message))?.[1] ?? 'refused';
}
