import { CondockError, type LayoutVersion, type PackageState, toCondockError } from '@condock/protocol';
import type { EnvironmentEntry } from '../../conda/environments/types.ts';
import { parseFileName } from '../../conda/file-name.ts';
import type { ArchiveFormat, PackageFileName, PackageIdentity } from '../../conda/types.ts';
import { encodeReference } from '../../layout/codec.ts';
import { parseOciChannel } from '../../layout/channel.ts';
import type { OciChannel } from '../../layout/types.ts';
import { digestFromHex } from '../../oci/digest.ts';
import type { Digest, Repository } from '../../oci/types.ts';
import type { ChannelMap } from './channel-map.ts';

/** One place in a registry where a package may be. */
export interface Origin {
  channel: OciChannel;
  layout: LayoutVersion;
  repository: Repository;
  tag: string;
  /** `oci://host/channel/subdir/component:tag` */
  reference: string;
  /** For people: which mirror, and who configured it. */
  source: string;
}

/** An entry of an environment with everything that can be said about it without asking a registry. */
export interface PlannedPackage {
  readonly entry: EnvironmentEntry;
  /** In the order in which they are asked. */
  readonly origins: readonly Origin[];
  readonly digest?: Digest;
  /** As its file name says; undefined where a user named a reference and nothing else. */
  readonly identity?: PackageIdentity;
  readonly format?: ArchiveFormat;
  /** Why no registry need be asked. */
  readonly problem?: { readonly state: PackageState; readonly error: CondockError };
}

type Planning = { -readonly [K in keyof PlannedPackage]: PlannedPackage[K] } & { origins: Origin[] };

/** Entries and maps that did not change stay the same objects, so that a second listing need not name everything again. */
const plans = new WeakMap<ChannelMap, WeakMap<EnvironmentEntry, PlannedPackage>>();

/** Names what an entry is in every registry that may hold it. Pure: no network, no store; the same answer for the same objects. */
export function planPackage(entry: EnvironmentEntry, map: ChannelMap): PlannedPackage {
  let known = plans.get(map);
  if (known === undefined) plans.set(map, (known = new WeakMap()));
  let planned = known.get(entry);
  if (planned === undefined) known.set(entry, (planned = plan(entry, map)));
  return planned;
}

function plan(entry: EnvironmentEntry, map: ChannelMap): PlannedPackage {
  const planned: Planning = { entry, origins: [] };
  if (entry.sha256 !== null) planned.digest = digestFromHex(entry.sha256);
  try {
    locate(planned, map);
  } catch (error) {
    const failure = toCondockError(error);
    planned.problem = { state: stateOf(failure), error: failure };
  }
  return planned;
}

function locate(planned: Planning, map: ChannelMap): void {
  const { entry } = planned;
  if (entry.error !== undefined) throw entry.error;
  if (entry.kind !== 'conda') {
    throw new CondockError('unsupported-source', `${entry.name} is a ${entry.kind} entry, not a conda archive.`, {
      hint: 'Only conda archives can live in a registry channel.',
    });
  }
  const fileName = fileNameOf(entry);
  planned.format = fileName.format;
  planned.identity = { name: fileName.name, version: fileName.version, build: fileName.build };
  const url = entry.url ?? (entry.channel === null ? null : `${entry.channel}/${entry.subdir}/${fileName.fileName}`);
  if (url === null || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) {
    throw new CondockError(
      'unmapped-channel',
      `The record of ${fileName.fileName} does not say from which channel it came.`,
      {
        hint: 'Install it again, or add a lock file that names its URL.',
      },
    );
  }
  if (/^file:/i.test(url)) {
    throw new CondockError(
      'unsupported-source',
      `${fileName.fileName} came from a local file, which no registry is known to hold.`,
      {
        hint: 'Publish it with "condock publish", and install it from that channel.',
      },
    );
  }
  const targets = map.targets(url);
  if (targets.length === 0) {
    throw new CondockError('unmapped-channel', `No OCI channel is known for ${url.slice(0, url.lastIndexOf('/'))}.`, {
      hint: `Add the channel under [mirrors] in Condock's, pixi's or mamba's configuration, with an oci:// target.`,
    });
  }
  const problems: CondockError[] = [];
  for (const target of targets) {
    try {
      planned.origins.push(originOf(fileName, entry.subdir, target.channel, map.layoutOf, target.source));
    } catch (error) {
      problems.push(toCondockError(error));
    }
  }
  const first = problems[0];
  if (planned.origins.length === 0 && first !== undefined) throw first;
}

function fileNameOf(entry: EnvironmentEntry): PackageFileName {
  const last = entry.fileName ?? entry.url?.split('/').at(-1);
  if (last === undefined) {
    throw new CondockError('unsupported-source', `The record of ${entry.name} ${entry.version} names no archive.`, {
      hint: 'Install it again, so that its record says its file name.',
    });
  }
  return parseFileName(last);
}

/** Where one build stands in one channel. Throws `illegal-name` where the layout can't name it. */
export function originOf(
  identity: PackageIdentity,
  subdir: string,
  channelUrl: string,
  layoutOf: ChannelMap['layoutOf'],
  source: string,
): Origin {
  const channel = parseOciChannel(channelUrl);
  const layout = layoutOf(channel);
  const encoded = encodeReference({ channel, subdir, identity, layout });
  return {
    channel,
    layout,
    repository: { host: channel.host, name: encoded.repository },
    tag: encoded.tag,
    reference: encoded.reference,
    source,
  };
}

const STATE_OF_CODE: Partial<Record<CondockError['code'], PackageState>> = {
  absent: 'absent',
  'other-format': 'other-format',
  'digest-mismatch': 'digest-mismatch',
  'unknown-digest': 'unknown-digest',
  // A lock that lists a package and has no record of it.
  'invalid-environment': 'unknown-digest',
  'login-required': 'login-required',
  denied: 'login-required',
  'unmapped-channel': 'unmapped-channel',
  'illegal-name': 'illegal-name',
  'illegal-reference': 'illegal-name',
  'unsupported-source': 'unsupported-source',
  // The reference holds something, but no conda package.
  'invalid-package': 'absent',
};

/** The state that a failure stands for; what is no answer about the package itself is `unreachable`. */
export function stateOf(error: CondockError): PackageState {
  return STATE_OF_CODE[error.code] ?? 'unreachable';
}
