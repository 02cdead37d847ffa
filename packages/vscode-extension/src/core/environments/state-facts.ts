import type { PackageState } from '@condock/protocol';
import { t } from '../l10n.ts';

/** How a state looks and what it means. Icons are codicons, colours theme colours of VS Code. */
export interface StateFacts {
  state: PackageState;
  icon: string;
  color: string | undefined;
  /** At most two characters, shown at the end of the row. */
  badge: string | undefined;
  label: () => string;
  explanation: () => string;
}

/** In the order in which people want to see them: what needs them first. */
const FACTS: readonly StateFacts[] = [
  {
    state: 'digest-mismatch',
    icon: 'error',
    color: 'list.errorForeground',
    badge: '≠',
    label: () => t('Digest mismatch'),
    explanation: () => t('The registry holds other bytes than the environment promises. They are not used.'),
  },
  {
    state: 'login-required',
    icon: 'lock',
    color: 'list.warningForeground',
    badge: '?',
    label: () => t('Sign-in needed'),
    explanation: () => t('The registry wants a credential that it was not given.'),
  },
  {
    state: 'absent',
    icon: 'circle-slash',
    color: 'list.warningForeground',
    badge: '–',
    label: () => t('Absent'),
    explanation: () => t('The registry answered, and does not have this build.'),
  },
  {
    state: 'other-format',
    icon: 'file-zip',
    color: 'list.warningForeground',
    badge: '~',
    label: () => t('Other archive format'),
    explanation: () => t('The registry has this build, but in the other archive format.'),
  },
  {
    state: 'unreachable',
    icon: 'debug-disconnect',
    color: 'list.warningForeground',
    badge: '!',
    label: () => t('Unreachable'),
    explanation: () => t('No registry that may hold it could be reached.'),
  },
  {
    state: 'illegal-name',
    icon: 'warning',
    color: 'list.warningForeground',
    badge: '!',
    label: () => t('Illegal name'),
    explanation: () => t('Its name, version or build string breaks the rules of conda.'),
  },
  {
    state: 'unknown-digest',
    icon: 'question',
    color: undefined,
    badge: undefined,
    label: () => t('Unknown digest'),
    explanation: () => t('The environment does not say its SHA-256, and none could be found.'),
  },
  {
    state: 'unmapped-channel',
    icon: 'compass',
    color: undefined,
    badge: undefined,
    label: () => t('Channel without a registry'),
    explanation: () => t('No registry is known for its channel.'),
  },
  {
    state: 'unsupported-source',
    icon: 'package',
    color: 'disabledForeground',
    badge: undefined,
    label: () => t('Not from a conda channel'),
    explanation: () => t('It comes from a Python package index, a source or a local file.'),
  },
  {
    state: 'unchecked',
    icon: 'circle-outline',
    color: 'disabledForeground',
    badge: undefined,
    label: () => t('Not checked'),
    explanation: () => t('Not in the local store; registries were not asked yet.'),
  },
  {
    state: 'available',
    icon: 'cloud-download',
    color: 'charts.blue',
    badge: undefined,
    label: () => t('Available'),
    explanation: () => t('A registry has it; it is not in the local store.'),
  },
  {
    state: 'cached',
    icon: 'pass-filled',
    color: 'charts.green',
    badge: undefined,
    label: () => t('Cached'),
    explanation: () => t('Its bytes are in the local store, verified.'),
  },
];

const BY_STATE = new Map(FACTS.map((facts) => [facts.state, facts]));

/** Every state, the most urgent first. */
export const STATES: readonly PackageState[] = FACTS.map(({ state }) => state);

/** Of a state that this version does not know, those of `unchecked`. */
export function stateFacts(state: PackageState): StateFacts {
  const facts = BY_STATE.get(state) ?? BY_STATE.get('unchecked');
  if (facts === undefined) throw new TypeError(`No facts for the state ${state}`);
  return facts;
}
