import { CondockError } from '@condock/protocol';
import { checkLabel, checkSubdir as subdirProblems } from '../conda/identifiers.ts';
import type { Repository } from '../oci/types.ts';
import { componentViolation, illegalName, MAX_REPOSITORY_LENGTH, quote } from './naming-rules.ts';
import type { OciChannel } from './types.ts';

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;

/**
 * Reads `oci://HOST[:PORT]/PATH[/label/LABEL]`. The host is lower-cased; `/label/main` is the channel itself and is left
 * out, as the draft of layout v1 and CEP 26 ask. Path and label must be legal as they are: nothing is encoded.
 * Throws `illegal-reference` for what is no such URL, `illegal-name` for parts that no registry can hold.
 */
export function parseOciChannel(text: string): OciChannel {
  const match = /^oci:\/\/([^/]*)(?:\/(.*))?$/i.exec(text);
  if (match === null) throw notAChannel(text, 'it does not begin with oci://');
  const host = (match[1] ?? '').toLowerCase();
  if (host.includes('@')) throw notAChannel(text, 'it carries a user name; run "condock login" instead');
  const port = HOST.exec(host)?.[1];
  if (!HOST.test(host) || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) {
    throw notAChannel(text, `${quote(host)} is no host with an optional port`);
  }
  const path = (match[2] ?? '').replace(/\/$/, '');
  if (path === '') throw notAChannel(text, 'it names a registry, but no channel in it');
  if (/[?#]/.test(path)) throw notAChannel(text, 'it has a query or a fragment');
  return { host, path: checkPath(path.split('/')).join('/') };
}

/** `oci://HOST/PATH`: the channel's canonical spelling. */
export const formatOciChannel = (channel: OciChannel): string => `oci://${channel.host}/${channel.path}`;

/**
 * The repository of one component (a package's, or one of the channel's metadata) below a channel's subdir; without a
 * subdir at the channel's root. Throws `illegal-name` where the subdir is none, or the name is longer than clients take.
 */
export function repositoryOf(channel: OciChannel, subdir: string | undefined, component: string): Repository {
  if (subdir !== undefined) checkSubdir(subdir);
  const name = [channel.path, ...(subdir === undefined ? [] : [subdir]), component].join('/');
  checkRepositoryLength(channel.host, name);
  return { host: channel.host, name };
}

/** Throws `illegal-name` for what is no subdir (CEP 26). */
export function checkSubdir(subdir: string): void {
  const problem = subdirProblems(subdir)[0];
  if (problem !== undefined) throw illegalName('subdir', subdir, `${problem.rule} (CEP 26)`);
}

/** Throws `illegal-name` where `host/name` is longer than common clients take. */
export function checkRepositoryLength(host: string, name: string): void {
  const length = host.length + 1 + name.length;
  if (length <= MAX_REPOSITORY_LENGTH) return;
  const rule = `host and repository have ${length} characters together, and clients take at most ${MAX_REPOSITORY_LENGTH}`;
  throw illegalName('reference', `${host}/${name}`, rule);
}

function checkPath(components: string[]): string[] {
  const labelAt = components.indexOf('label');
  const label = labelAt < 0 ? [] : components.slice(labelAt + 1);
  for (const [index, component] of components.entries()) {
    const violation = componentViolation(component);
    if (violation === undefined) continue;
    const part = labelAt >= 0 && index > labelAt ? 'label' : 'channel';
    throw illegalName(
      part,
      part === 'label' ? label.join('/') : components.join('/'),
      `in ${quote(component)}, ${violation}`,
    );
  }
  if (labelAt < 0) return components;
  const whole = components.join('/');
  if (labelAt === 0) throw illegalName('channel', whole, 'a label needs a channel path before it');
  if (label.length === 0) throw illegalName('channel', whole, 'no label follows "/label"');
  if (label.includes('label')) {
    throw illegalName('channel', whole, 'it has "/label/" twice, so where the label begins cannot be told');
  }
  const problem = checkLabel(label.join('/'))[0];
  if (problem !== undefined) throw illegalName('label', label.join('/'), `${problem.rule} (CEP 26)`);
  return label.join('/') === 'main' ? components.slice(0, labelAt) : components;
}

function notAChannel(text: string, why: string): CondockError {
  return new CondockError('illegal-reference', `${quote(text)} is no OCI channel: ${why}.`, {
    hint: 'Channels read oci://HOST[:PORT]/PATH[/label/LABEL].',
  });
}
