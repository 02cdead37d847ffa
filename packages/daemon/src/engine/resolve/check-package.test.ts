import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import type { EnvironmentEntry } from '../../conda/environments/types.ts';
import { sha256Digest } from '../../oci/digest.ts';
import type { RegistryClient } from '../../oci/registry-client.ts';
import type { Digest, Manifest } from '../../oci/types.ts';
import type { BlobStore } from '../../store/blob-store.ts';
import { checkPackage } from './check-package.ts';
import { planPackage } from './planned-package.ts';

const CHANNEL = 'https://conda.anaconda.org/conda-forge';
const digestOf = (text: string): Digest => sha256Digest(Buffer.from(text));
const WANTED = digestOf('the archive');

function entry(members: Partial<EnvironmentEntry> = {}): EnvironmentEntry {
  const fileName = members.fileName ?? 'cmake-4.3-0.conda';
  return {
    name: 'cmake',
    version: '4.3',
    build: '0',
    subdir: 'linux-64',
    kind: 'conda',
    fileName,
    channel: CHANNEL,
    url: `${CHANNEL}/linux-64/${fileName}`,
    sha256: WANTED.slice('sha256:'.length),
    md5: null,
    size: 11,
    license: null,
    ...members,
  };
}

interface Held {
  archive: string;
  format?: 'v1' | 'v2';
  /** Of the index layer; undefined: there is none. */
  index?: object;
  annotations?: Record<string, string>;
}

function manifestOf({ archive, format = 'v2', index, annotations }: Held): Manifest {
  const layers = [
    { mediaType: `application/vnd.conda.package.${format}`, digest: digestOf(archive), size: archive.length },
  ];
  if (index !== undefined) {
    const text = JSON.stringify(index);
    layers.push({
      mediaType: 'application/vnd.conda.info.index.v1+json',
      digest: digestOf(text),
      size: text.length,
    });
  }
  const config = { mediaType: 'application/vnd.unknown.config.v1+json', digest: digestOf('{}'), size: 2 };
  return { schemaVersion: 2, config, layers, ...(annotations === undefined ? {} : { annotations }) };
}

/** What stands at a host: an artifact, a failure, or nothing. */
type Mirror = Held | Error | undefined;

function ask(planned: ReturnType<typeof planPackage>, mirrors: Record<string, Mirror>, stored?: Digest) {
  const asked: string[] = [];
  const at = (host: string, what: string): Held | undefined => {
    asked.push(`${what} ${host}`);
    const held = mirrors[host];
    if (held instanceof Error) throw held;
    return held;
  };
  const registry: Pick<RegistryClient, 'headBlob' | 'getManifest' | 'getBlob'> = {
    headBlob: ({ host }, digest) => {
      const held = at(host, 'HEAD');
      return Promise.resolve(held !== undefined && digestOf(held.archive) === digest ? { size: 11 } : undefined);
    },
    getManifest: ({ host }) => {
      const held = at(host, 'manifest');
      if (held === undefined) return Promise.resolve(undefined);
      const document = manifestOf(held);
      const bytes = Buffer.from(JSON.stringify(document));
      return Promise.resolve({ digest: sha256Digest(bytes), mediaType: '', bytes, document });
    },
    getBlob: ({ host }, digest) => {
      const text = JSON.stringify(at(host, 'index')?.index);
      expect(digest).toBe(digestOf(text));
      async function* chunks(): AsyncIterable<Uint8Array> {
        yield await Promise.resolve(Buffer.from(text));
      }
      return Promise.resolve({ offset: 0, size: text.length, chunks: chunks() });
    },
  };
  const store: Pick<BlobStore, 'has'> = { has: (digest) => (digest === stored ? 11 : undefined) };
  const answer = checkPackage(planned, { registry: registry as RegistryClient, store: store as BlobStore }, {});
  return { answer, asked };
}

const plan = (members: Partial<EnvironmentEntry> = {}, layout: 'v0' | 'v1' = 'v0') =>
  planPackage(entry(members), {
    targets: () => ['a', 'b'].map((host) => ({ channel: `oci://${host}/forge`, source: host })),
    layoutOf: () => layout,
  });

describe('checkPackage', () => {
  it('asks nobody for what the store has', async () => {
    const { answer, asked } = ask(plan(), {}, WANTED);
    expect(await answer).toMatchObject({ state: 'cached', size: 11, source: 'store' });
    expect(asked).toEqual([]);
  });

  it('is satisfied with the blob of the first mirror that has it', async () => {
    const { answer, asked } = ask(plan(), { a: { archive: 'the archive' }, b: { archive: 'the archive' } });
    expect(await answer).toMatchObject({ state: 'available', digest: WANTED, source: 'a' });
    expect(asked).toEqual(['HEAD a']);
  });

  it('goes on to the next mirror, whatever the first one says', async () => {
    const lacking: Mirror[] = [undefined, { archive: 'other' }, new CondockError('unreachable', 'silence')];
    for (const a of lacking) {
      const { answer } = ask(plan(), { a, b: { archive: 'the archive' } });
      expect(await answer).toMatchObject({ state: 'available', source: 'b' });
    }
  });

  const own = { name: 'cmake', version: '4.3', build: '0' };
  it.each<[string, Mirror, string]>([
    ['nothing', undefined, 'absent'],
    ['other bytes', { archive: 'replaced', index: own }, 'digest-mismatch'],
    ['other bytes, and does not say of what', { archive: 'replaced' }, 'digest-mismatch'],
    ['the other format', { archive: 'old', format: 'v1', index: own }, 'other-format'],
    ['a refusal', new CondockError('login-required', 'who are you?'), 'login-required'],
    ['a denial', new CondockError('denied', 'not you'), 'login-required'],
    ['silence', new CondockError('timeout', 'silence'), 'unreachable'],
  ])('says what is true where the registry has %s', async (_, a, state) => {
    const answer = await ask(plan(), { a, b: undefined }).answer;
    expect(answer.state).toBe(state === 'unreachable' ? 'absent' : state);
    expect((await ask(plan(), { a, b: a }).answer).state).toBe(state);
  });

  it('cannot prove a package without a digest, but says what is there', async () => {
    const { answer } = ask(plan({ sha256: null }), { a: { archive: 'the archive', index: own } });
    expect(await answer).toMatchObject({ state: 'unknown-digest', digest: WANTED });
  });

  it('tells the same package from another one that shares its reference', async () => {
    const make = { name: 'make', version: '4.3', build: '0' };
    const annotated = {
      'org.conda.oci.schema': '1',
      'org.conda.package.name': 'make',
      'org.conda.package.version': '4.3',
      'org.conda.package.build': '0',
    };
    // v1 of make is v0 of cmake; zzz_foo is what v0 makes of _foo.
    const shared: [ReturnType<typeof plan>, Held][] = [
      [plan(), { archive: 'make', annotations: annotated }],
      [plan({ sha256: null }), { archive: 'make', annotations: annotated }],
      [plan({ fileName: 'make-4.3-0.conda' }, 'v1'), { archive: 'cmake', index: own }],
      [plan({ fileName: 'make-4.3-0.conda' }), { archive: 'old', format: 'v1', index: own }],
      [plan({ fileName: '_foo-1-0.conda' }), { archive: 'z', index: { name: 'zzz_foo', version: '1', build: '0' } }],
    ];
    for (const [planned, held] of shared) {
      const answer = await ask(planned, { a: held }).answer;
      expect(answer.state).toBe('absent');
    }
    const answer = await ask(plan(), { a: { archive: 'make', index: make } }).answer;
    expect(answer.error?.message).toBe(
      'oci://a/forge/linux-64/cmake:4.3-0 holds another package than cmake-4.3-0: make-4.3-0.',
    );
  });

  it('says of an artifact without an archive that the package is not there', async () => {
    const planned = plan();
    const registry = {
      headBlob: () => Promise.resolve(undefined),
      getManifest: () =>
        Promise.resolve({ digest: WANTED, mediaType: '', bytes: Buffer.from(''), document: { layers: [] } }),
    };
    const store = { has: () => undefined };
    const answer = await checkPackage(
      planned,
      { registry: registry as unknown as RegistryClient, store: store as unknown as BlobStore },
      {},
    );
    expect(answer).toMatchObject({ state: 'absent', error: { code: 'invalid-package' } });
  });

  it('stops between mirrors when it is told to', async () => {
    const { answer } = ask(plan(), { a: new CondockError('cancelled', 'stop') });
    await answer;
    const aborted = AbortSignal.abort(new CondockError('cancelled', 'stop'));
    const registry = {} as RegistryClient;
    const store = { has: () => undefined } as unknown as BlobStore;
    await expect(checkPackage(plan(), { registry, store }, { signal: aborted })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
