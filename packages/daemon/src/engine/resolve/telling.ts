import type { CondockError, PackageState } from '@condock/protocol';
import { stateOf } from './planned-package.ts';

/** A mismatch tells more than an absence, an absence more than silence. */
const WEIGHT: Record<PackageState, number> = {
  cached: 9,
  available: 8,
  'digest-mismatch': 7,
  'other-format': 6,
  'unknown-digest': 5,
  'login-required': 4,
  absent: 3,
  unreachable: 2,
  'illegal-name': 1,
  'unmapped-channel': 1,
  'unsupported-source': 1,
  unchecked: 0,
};

/** Whether a mirror's answer says more about a package than another mirror's. */
export function tellsMore(state: PackageState, than: PackageState): boolean {
  return WEIGHT[state] > WEIGHT[than];
}

/** Which of two mirrors' failures a person should be told; the first where they weigh the same. */
export function moreTelling(first: CondockError | undefined, second: CondockError): CondockError {
  return first === undefined || tellsMore(stateOf(second), stateOf(first)) ? second : first;
}
