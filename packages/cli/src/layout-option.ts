import { CondockError, type LayoutVersion } from '@condock/protocol';
import type { OptionSpec } from './command.ts';

export const layoutOption: OptionSpec = {
  type: 'string',
  placeholder: 'v0|v1',
  help: 'v0: what the public mirrors hold (default); v1: the draft CEP',
};

export function parseLayout(value: string | undefined): LayoutVersion | undefined {
  if (value === undefined || value === 'v0' || value === 'v1') return value;
  throw new CondockError('usage', `"${value}" is no layout.`, { hint: 'Layouts are v0 and v1.' });
}
