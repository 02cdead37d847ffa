import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { parseOciChannel } from './channel.ts';
import { codecOf, decodeReference, encodeReference } from './codec.ts';

interface Vector {
  file: string;
  name: string;
  version: string;
  build: string;
  v0_repo: string;
  v0_tag: string;
  v0_valid: 'ok' | 'REPO!' | 'TAG!';
  v1_repo: string;
  v1_tag: string;
  v1_hashed: boolean;
  v1_valid: 'ok' | 'REPO!' | 'TAG!';
}

const FILE = resolve(import.meta.dirname, '../../../../../shared/fixtures/naming-vectors.json');
const missing = !existsSync(FILE);
if (missing) console.log(`Skipped: the naming vectors are not at ${FILE}.`);
const vectors = missing ? [] : (JSON.parse(readFileSync(FILE, 'utf8')) as Vector[]);
const channel = parseOciChannel('oci://ghcr.io/channel-mirrors/conda-forge');

describe.skipIf(missing)('the naming vectors', () => {
  it.each(vectors)('name $file as computed independently', (vector) => {
    for (const layout of ['v0', 'v1'] as const) {
      const component = vector[`${layout}_repo`];
      const tag = vector[`${layout}_tag`];
      const valid = vector[`${layout}_valid`];
      const encode = () => encodeReference({ channel, subdir: 'linux-64', identity: vector, layout });
      if (valid !== 'ok') {
        expect(encode).toThrow(expect.objectContaining({ code: 'illegal-name' }) as CondockError);
        continue;
      }
      expect(encode()).toEqual({
        reference: `oci://ghcr.io/channel-mirrors/conda-forge/linux-64/${component}:${tag}`,
        repository: `channel-mirrors/conda-forge/linux-64/${component}`,
        component,
        tag,
        hashed: layout === 'v1' && vector.v1_hashed,
      });
    }
  });

  it.each(vectors.filter((v) => v.v1_valid === 'ok'))('are read back from v1: $file', (vector) => {
    const { name, version, build } = vector;
    const decoded = decodeReference(`oci://r.example/ch/noarch/${vector.v1_repo}:${vector.v1_tag}`, 'v1');
    expect(decoded.identity).toEqual(vector.v1_hashed ? undefined : { name, version, build });
    expect(decoded.hashed).toBe(vector.v1_hashed);
  });

  it('are read back from v0, but for those that share a spelling', () => {
    const astray = vectors
      .filter((v) => v.v0_valid === 'ok')
      .filter(({ v0_repo, v0_tag, name, version, build }) => {
        const decoded = codecOf('v0').decodeName(v0_repo, v0_tag);
        return decoded.hashed || JSON.stringify(decoded.identity) !== JSON.stringify({ name, version, build });
      });
    expect(astray.map((v) => v.file)).toEqual(['pkg-1.0-a__p__b.conda', 'pkg-1.0-a__e__b.conda']);
  });
});
