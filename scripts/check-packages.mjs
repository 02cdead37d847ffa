// What would be published: packed as npm would get it, then read by publint and are-the-types-wrong.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, tool } from './lib/run.mjs';

const directory = await mkdtemp(join(tmpdir(), 'condock-pack-'));
try {
  for (const name of ['protocol', 'client', 'daemon', 'cli']) {
    const cwd = join(root, 'packages', name);
    await run('npx', ['--yes', 'pnpm@10.34.9', 'pack', '--pack-destination', directory], { cwd });
  }
  for (const tarball of (await readdir(directory)).sort()) {
    const path = join(directory, tarball);
    await tool('publint', ['run', path, '--strict']);
    // ESM only, on purpose: a CommonJS consumer uses import(). The command line is a program, not a library.
    if (!tarball.startsWith('condock-cli-')) await tool('attw', [path, '--profile', 'esm-only']);
  }
} finally {
  await rm(directory, { recursive: true });
}
