import { ParsedFile, type ParsedFileParts } from '../files/parsed-file.ts';
import { makeSecret } from '../secret.ts';
import type { Source } from '../source.ts';
import { type NetrcMachine, parseNetrc } from './netrc.ts';

/**
 * A netrc file. Its machines have no ports (some tools write `machine host:port`, which is tried first), so that a machine's
 * entry holds for every port of that machine, as everywhere else. The first entry of a machine counts.
 */
export function netrcSource(parts: ParsedFileParts, options: { path: string; mustExist?: boolean }): Source {
  const where = `netrc (${options.path})`;
  const file = new ParsedFile<NetrcMachine[]>(parts, {
    ...options,
    label: 'netrc file',
    parse: parseNetrc,
    hasSecrets: (machines) => machines.some((machine) => machine.password !== undefined),
  });
  return {
    find: ({ host }) => {
      const usable = (file.get() ?? []).filter((machine) => machine.password !== undefined);
      const lower = host.toLowerCase();
      for (const name of new Set([lower, lower.replace(/:\d+$/, '')])) {
        const found = usable.find((machine) => machine.machine === name);
        if (found?.password === undefined) continue;
        return Promise.resolve({ ...makeSecret('basic', found.password, found.login), source: where });
      }
      return Promise.resolve(undefined);
    },
    list: () =>
      Promise.resolve(
        (file.get() ?? [])
          .filter((machine) => machine.password !== undefined)
          .map(({ machine, login }) => ({
            host: machine,
            namespace: null,
            username: login ?? null,
            source: where,
            kind: 'basic' as const,
          })),
      ),
  };
}
