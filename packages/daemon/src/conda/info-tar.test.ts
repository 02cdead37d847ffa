import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readInfoTar } from './info-tar.ts';
import { INDEX, tarOf } from './testing/archives.ts';

const paths = async (bytes: Uint8Array) => (await readInfoTar(bytes)).map((file) => file.path);

describe('readInfoTar', () => {
  it('reads members with and without info/ and ./ alike', async () => {
    for (const prefix of ['', './', 'info/', './info/']) {
      const tar = await tarOf([
        { name: prefix === '' ? './' : prefix, type: 'directory' },
        { name: `${prefix}index.json`, content: INDEX },
        { name: `${prefix}licenses/a.txt`, content: 'a' },
      ]);
      expect(await paths(gzipSync(tar))).toEqual(['index.json', 'licenses/a.txt']);
    }
  });

  it('reads a stream in pieces', async () => {
    const bytes = gzipSync(await tarOf([{ name: 'index.json', content: INDEX }]));
    async function* pieces() {
      for (const byte of bytes) yield await Promise.resolve(Uint8Array.of(byte));
    }
    const files = await readInfoTar(pieces());
    expect(Buffer.from(files[0]!.bytes).toString()).toBe(INDEX);
  });

  it('passes on what the stream itself fails with', async () => {
    async function* broken() {
      yield await Promise.resolve(gzipSync('x').subarray(0, 5));
      throw new RangeError('the network went away');
    }
    await expect(readInfoTar(broken())).rejects.toThrow(/the network went away/);
  });

  it('refuses truncated, damaged and hostile layers', async () => {
    const bytes = gzipSync(await tarOf([{ name: 'index.json', content: INDEX }]));
    for (const part of [0, 5, 30, bytes.length - 1]) {
      await expect(readInfoTar(bytes.subarray(0, part))).rejects.toMatchObject({ code: 'invalid-package' });
    }
    await expect(readInfoTar(Buffer.from('no gzip'))).rejects.toMatchObject({ code: 'invalid-package' });
    await expect(readInfoTar(gzipSync('x'.repeat(600)))).rejects.toMatchObject({ code: 'invalid-package' });
    const climbing = gzipSync(await tarOf([{ name: '../x', content: 'x' }]));
    await expect(readInfoTar(climbing)).rejects.toMatchObject({ code: 'invalid-package' });
    const twice = gzipSync(
      await tarOf([
        { name: 'index.json', content: INDEX },
        { name: 'info/index.json', content: '{}' },
      ]),
    );
    await expect(readInfoTar(twice)).rejects.toMatchObject({ code: 'invalid-package' });
  });

  it('stops bombs', async () => {
    const bomb = gzipSync(await tarOf([{ name: 'index.json', content: Buffer.alloc(40_000_000) }]));
    await expect(readInfoTar(bomb)).rejects.toMatchObject({ code: 'too-large' });
    await expect(readInfoTar(bomb, { infoBytes: 1000, infoMembers: 5 })).rejects.toMatchObject({ code: 'too-large' });
  });
});
