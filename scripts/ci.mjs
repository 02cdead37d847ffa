// What .ci/run does: each step is run whatever became of the one before, and all tests are counted together.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './lib/run.mjs';

const reports = await mkdtemp(join(tmpdir(), 'condock-ci-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** A step without a report of its own counts as one test. */
async function step(title, command, args) {
  console.log(`\n=== ${title}`);
  const started = Date.now();
  const code = await run(command, args, { allowFailure: true }).catch(() => 1);
  console.log(`=== ${title}: ${code === 0 ? 'ok' : 'FAILED'} (${Math.round((Date.now() - started) / 1000)} s)`);
  total[code === 0 ? 'passed' : 'failed'] += 1;
}

async function tests(title, script) {
  const file = join(reports, `${script.replace(/\W/g, '-')}.json`);
  console.log(`\n=== ${title}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await run('npm', ['run', '--silent', script, '--', ...reporters], { allowFailure: true }).catch(() => 1);
  try {
    const report = JSON.parse(await readFile(file, 'utf8'));
    total.passed += report.numPassedTests;
    total.skipped += report.numPendingTests;
    total.failed += report.numFailedTests;
    // A suite that could not even be loaded has no tests to count, and an error outside a test fails the run.
    if (code !== 0 && report.numFailedTests === 0) total.failed += Math.max(1, report.numFailedTestSuites);
  } catch {
    total.failed += 1;
  }
}

try {
  await tests('Tests that need no system package', 'test');
  await step('Format', 'npm', ['run', '--silent', 'format:check']);
  await step('Lint', 'npm', ['run', '--silent', 'lint']);
  await step('Types', 'npm', ['run', '--silent', 'typecheck']);
  await step('Build', 'npm', ['run', '--silent', 'build']);
  await step('Packages as they would be published', 'npm', ['run', '--silent', 'check:packages']);
  await tests('Suites with real parts', 'test:real');
  await tests('The extension in real VS Code', 'test:e2e');
} finally {
  await rm(reports, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;
