import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startRegistry } from '../../packages/daemon/src/http/registry/index.ts';
import { findProgramOrSay } from '../support/find-program.ts';
import { runProgram } from '../support/run-program.ts';

// The suite has no tags of its own: this is its state of 2026-08-31, which tests versions 1.0, 1.1 and what comes after.
const MODULE = 'github.com/opencontainers/distribution-spec/conformance';
const VERSION = 'v0.0.0-20260831232431-97274622c111';
const cache = fileURLToPath(new URL('../../.cache/conformance/', import.meta.url));
const go = await findCompiler();

/** What each of the suite's four workflows has to have reached, in the words of its report. */
const WORKFLOWS = {
  OCI_TEST_PULL: ['Blob get', 'Blob get range', 'Blob head', 'Manifest get by digest', 'Manifest get by tag'],
  OCI_TEST_PUSH: [
    'Blob post only',
    'Blob post put',
    'Blob chunked',
    'Blob streaming',
    'Blob mount',
    'Blob anonymous mount',
    'Manifest put by digest',
    'Manifest put by tag',
    'Manifest put with subject',
  ],
  OCI_TEST_CONTENT_DISCOVERY: ['Tag listing', 'Referrers'],
  OCI_TEST_CONTENT_MANAGEMENT: [
    'Tag delete',
    'Tag delete atomic',
    'Manifest delete',
    'Manifest delete atomic',
    'Blob delete',
    'Blob delete atomic',
  ],
} as const;

/** The suite is written for Go 1.24. */
async function findCompiler(): Promise<string | undefined> {
  const found = findProgramOrSay('go', 'the OCI conformance suite', ['/usr/local/go/bin']);
  if (found === undefined) return undefined;
  const { stdout } = await runProgram(found, ['version']);
  const minor = Number(/\bgo1\.(\d+)/.exec(stdout)?.[1]);
  if (minor >= 24) return found;
  console.log(`Skipped: the OCI conformance suite. It needs Go 1.24, and here is ${stdout.trim()}.`);
  return undefined;
}

async function buildSuite(compiler: string): Promise<string> {
  const program = join(cache, VERSION, process.platform === 'win32' ? 'conformance.exe' : 'conformance');
  if (existsSync(program)) return program;
  await mkdir(join(cache, VERSION), { recursive: true });
  const env = {
    ...process.env,
    GOBIN: join(cache, VERSION),
    GOPATH: join(cache, 'go'),
    GOCACHE: join(cache, 'build'),
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
  };
  const built = await runProgram(compiler, ['install', `${MODULE}@${VERSION}`], { env });
  expect(built.code, built.stderr).toBe(0);
  return program;
}

describe.skipIf(go === undefined)('the OCI conformance suite', () => {
  // What it leaves out for 1.1 is what came later (cancelling an upload), and there are two of that.
  it.each([
    ['1.1', 2],
    ['dev', 0],
  ])(
    'has nothing to object to in any of its four workflows, version %s',
    { timeout: 600_000 },
    async (version, disabled) => {
      const program = await buildSuite(go!);
      const directory = await mkdtemp(join(tmpdir(), 'condock-conformance-'));
      const registry = await startRegistry({ directory: join(directory, 'data') });
      try {
        const { code, stdout, stderr } = await runProgram(program, [], {
          cwd: directory,
          env: {
            PATH: process.env.PATH,
            HOME: directory,
            ...Object.fromEntries(Object.keys(WORKFLOWS).map((variable) => [variable, '1'])),
            OCI_ROOT_URL: registry.url,
            OCI_NAMESPACE: 'conda-forge/linux-64/czlib',
            OCI_CROSSMOUNT_NAMESPACE: 'other/noarch/cpip',
            OCI_VERSION: version,
            OCI_RESULTS_DIR: directory,
          },
        });
        const failed = stdout.split('\n').filter((line) => /: (FAIL|Error)$/.test(line));
        expect(failed).toEqual([]);
        expect(code, stderr).toBe(0);
        expect(stdout).toMatch(/^OCI Conformance Result: Pass$/m);
        expect(count(stdout, 'Pass')).toBeGreaterThan(800);
        expect(count(stdout, 'Disabled')).toBe(disabled);
        for (const none of ['FAIL', 'Error', 'Skip']) expect(count(stdout, none), none).toBe(0);
        const report = await readFile(join(directory, 'results.yaml'), 'utf8');
        for (const api of Object.values(WORKFLOWS).flat()) expect(report).toMatch(new RegExp(`^ +${api}: Pass$`, 'm'));
      } finally {
        await registry.stop();
        await rm(directory, { recursive: true });
      }
    },
  );
});

function count(report: string, status: string): number {
  return Number(new RegExp(`^ {2}${status}\\.+: +(\\d+)$`, 'm').exec(report)?.[1]);
}
