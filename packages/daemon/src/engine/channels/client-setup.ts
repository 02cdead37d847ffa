import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CondockError, type ParamsOf, type ResultOf } from '@condock/protocol';
import { load } from 'js-yaml';
import { parse as parseToml } from 'smol-toml';
import { removeLeftTemporariesOf, writeFileAtomic } from '../../system/atomic-file.ts';
import { addMarked, type MarkedEntry, refuseOwnEntry, removeMarked } from './marked-lines.ts';

export type SetupParams = ParamsOf<'channel/setup'>;
export type SetupResult = ResultOf<'channel/setup'>;
export type ClientSetup = (
  params: SetupParams,
  urlOf: (channel: string) => Promise<{ url: string }>,
) => Promise<SetupResult>;

export interface SetupPlaces {
  homedir: string;
  env: Readonly<Record<string, string | undefined>>;
  platform: string;
}

interface Client {
  file: (places: SetupPlaces) => string;
  entry: (channel: string, url: string) => MarkedEntry;
  /** The user's own entry for the key, in a file without ours. */
  ownEntry: (text: string, channel: string) => string | undefined;
  check: (text: string) => void;
  notes: readonly string[];
}

const nameOf = (channel: string): string => new URL(channel).pathname.replace(/\/+$/, '').split('/').at(-1) ?? channel;
const baseOf = (url: string): string => url.replace(/\/[^/]+$/, '');
const yaml = (text: string): Record<string, unknown> =>
  (load(text === '' ? '{}' : text) ?? {}) as Record<string, unknown>;
const keyed = (value: unknown, key: string): string | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? key : undefined;

const CLIENTS: Record<SetupParams['client'], Client> = {
  pixi: {
    file: ({ homedir, env }) => join(env.PIXI_HOME ?? join(homedir, '.pixi'), 'config.toml'),
    entry: (channel, url) => ({
      header: '[mirrors]',
      isHeader: (line) => /^\s*\[\s*mirrors\s*\]\s*(#.*)?$/.test(line),
      key: `${JSON.stringify(channel)} =`,
      line: `${JSON.stringify(channel)} = [${JSON.stringify(url)}]`,
    }),
    ownEntry: (text, channel) => keyed(parseToml(text).mirrors, channel),
    check: (text) => void parseToml(text),
    notes: ['pixi.lock keeps the original URLs: a lock says nothing of the mirror.'],
  },
  mamba: {
    file: ({ homedir, env }) => env.MAMBARC ?? join(homedir, '.mambarc'),
    entry: (channel, url) => ({
      header: 'mirrored_channels:',
      isHeader: (line) => /^mirrored_channels:\s*(#.*)?$/.test(line),
      key: `${nameOf(channel)}:`,
      line: `  ${nameOf(channel)}: [${JSON.stringify(url)}]`,
    }),
    ownEntry: (text, channel) => keyed(yaml(text).mirrored_channels, nameOf(channel)),
    check: (text) => void yaml(text),
    notes: [],
  },
  conda: {
    file: ({ homedir, env }) => env.CONDARC ?? join(homedir, '.condarc'),
    entry: (channel, url) => ({
      header: 'custom_channels:',
      isHeader: (line) => /^custom_channels:\s*(#.*)?$/.test(line),
      key: `${nameOf(channel)}:`,
      line: `  ${nameOf(channel)}: ${baseOf(url)}`,
    }),
    ownEntry: (text, channel) => keyed(yaml(text).custom_channels, nameOf(channel)),
    check: (text) => void yaml(text),
    notes: [
      'conda has no mirrors: the channel of this name now comes from the loopback channel, while the daemon runs.',
    ],
  },
};

const SECRET =
  "The address holds the loopback channel's secret: the file is readable for you alone, and should not be shared.";

/**
 * Shows, writes or takes back the entry that makes a conda client use the loopback channel. Only lines that carry Condock's mark
 * are ever changed; a file that would not parse afterwards is not written. What is written is for its user's eyes alone: it names the
 * secret. A link is followed, not replaced.
 */
export function createClientSetup(places: SetupPlaces): ClientSetup {
  return async ({ client: name, channel, action, file }, urlOf) => {
    const client = CLIENTS[name];
    const path = file ?? client.file(places);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : null;
    const after =
      action === 'revert'
        ? removeMarked(before ?? '', channel === undefined ? undefined : client.entry(checked(channel), ''))
        : await extended(client, path, before ?? '', checked(channel), urlOf);
    const next = after.trim() === '' ? null : after;
    const changes = next === before ? [] : [{ path, before, after: next }];
    const applied = action !== 'show' && changes.length > 0;
    const place = before === null ? path : realpathSync(path);
    if (action !== 'show') removeLeftTemporariesOf(place);
    if (applied && next === null) rmSync(path, { force: true });
    else if (applied && next !== null) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileAtomic(place, next);
    }
    return { changes, applied, notes: action === 'revert' ? [] : [...client.notes, SECRET] };
  };
}

function checked(channel: string | undefined): string {
  if (channel !== undefined && /^(https?|oci):\/\/[^/]+\/./.test(channel)) return channel.replace(/\/+$/, '');
  throw new CondockError('usage', channel === undefined ? 'No channel is named.' : `"${channel}" is no channel URL.`, {
    hint: 'Example: https://conda.anaconda.org/conda-forge',
  });
}

async function extended(
  client: Client,
  path: string,
  before: string,
  channel: string,
  urlOf: (channel: string) => Promise<{ url: string }>,
): Promise<string> {
  const { url } = await urlOf(channel);
  // conda puts the channel's name behind the address itself, and must not get another channel of that name.
  if (client === CLIENTS.conda && url.split('/').at(-1) !== nameOf(channel)) {
    throw new CondockError(
      'conflict',
      `Another channel is called ${nameOf(channel)} too, and conda knows channels by name.`,
      {
        hint: `Use the channel by its address: ${url}`,
      },
    );
  }
  try {
    const own = client.ownEntry(removeMarked(before), channel);
    if (own !== undefined) refuseOwnEntry(path, client.entry(channel, url).header, own);
    const after = addMarked(before, client.entry(channel, url));
    client.check(after);
    return after;
  } catch (error) {
    if (error instanceof CondockError) throw error;
    throw new CondockError(
      'config-invalid',
      `${path} can't be read as this client's configuration: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: 'Mend it first; nothing was changed.',
        data: { path },
        cause: error,
      },
    );
  }
}
