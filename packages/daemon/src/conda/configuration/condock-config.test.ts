import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CondockError } from '@condock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCondockConfig } from './condock-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'condock-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function read(text: string) {
  const path = join(folder, 'config.toml');
  writeFileSync(path, text);
  return readCondockConfig(path);
}

function refusal(text: string): CondockError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CondockError) return error;
  }
  throw new Error('was not refused');
}

describe('readCondockConfig', () => {
  it('takes a file that does not exist for an empty one', () => {
    expect(readCondockConfig(join(folder, 'none.toml'))).toEqual({
      mirrors: [],
      insecureHosts: [],
      layouts: new Map(),
      quota: undefined,
      warnings: [],
    });
  });

  it('reads mirrors, insecure hosts, layouts and the quota in one canonical spelling', () => {
    const config = read(
      'quota = 1_000\ninsecure-hosts = ["Registry.example:5000"]\nlayouts = {"oci://Registry.example:5000/ch/" = "v1"}\n' +
        '[mirrors]\n"https://A.example/x/" = "oci://B.example/y/"\n',
    );
    expect(config.insecureHosts).toEqual(['registry.example:5000']);
    expect([...config.layouts]).toEqual([['oci://registry.example:5000/ch', 'v1']]);
    expect(config.quota).toBe(1000);
    expect(config.mirrors).toMatchObject([
      { prefix: 'https://a.example/x', targets: ['oci://b.example/y'], scope: 'condock' },
    ]);
    expect(config.warnings).toEqual([]);
  });

  it('warns of settings that it does not know', () => {
    expect(read('mirors = {}\n').warnings).toEqual([
      `${join(folder, 'config.toml')}: "mirors" is no setting of Condock's and does nothing.`,
    ]);
  });

  it.each([
    ['mirrors = 3', 'mirrors'],
    ['[mirrors]\n"https://a.example" = [3]', 'mirrors."https://a.example"'],
    ['[mirrors]\n"https://a.example" = ["ftp://b.example/x"]', 'mirrors."https://a.example"'],
    ['[mirrors]\n"conda-forge" = ["oci://b.example/x"]', 'mirrors."conda-forge"'],
    ['[mirrors]\n"https://a.example" = ["oci://b.example/../x"]', 'mirrors."https://a.example"'],
    ['insecure-hosts = "a.example"', 'insecure-hosts'],
    ['insecure-hosts = ["http://a.example"]', 'insecure-hosts'],
    ['layouts = {"oci://a.example/c" = "v2"}', 'layouts."oci://a.example/c"'],
    ['layouts = {"a.example/c" = "v1"}', 'layouts."a.example/c"'],
    ['quota = "lots"', 'quota'],
  ])('refuses %j and names the file and the key', (text, key) => {
    const error = refusal(text);
    expect(error.code).toBe('config-invalid');
    expect(error.data).toMatchObject({ file: join(folder, 'config.toml'), key });
    expect(error.message).toContain(join(folder, 'config.toml'));
    expect(error.hint).toBeTruthy();
  });

  it('says where a file is no TOML', () => {
    const error = refusal('quota = 1\n[mirrors\n');
    expect(error.code).toBe('config-invalid');
    expect(error.message).toContain('line 2');
  });

  it('never repeats a secret that stands in a URL', () => {
    expect(refusal('[mirrors]\n"https://me:hunter2@a.example" = ["nonsense"]').message).not.toContain('hunter2');
  });
});

describe('the example in the README', () => {
  it('is a configuration, and every line of it counts', () => {
    const readme = readFileSync(new URL('../../../../../README.md', import.meta.url), 'utf8');
    const config = read(/```toml\n([^]*?)```/.exec(readme)?.[1] ?? 'missing');
    expect(config).toMatchObject({
      mirrors: [{ prefix: 'https://conda.anaconda.org/conda-forge' }],
      insecureHosts: ['registry.lab:5000'],
      quota: 50_000_000_000,
      warnings: [],
    });
    expect([...config.layouts]).toEqual([['oci://registry.example/ours', 'v1']]);
  });
});
