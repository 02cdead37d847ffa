import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Runs a program in the project's root with this terminal. Resolves with its exit code where `allowFailure` is set, else
 * rejects on anything but 0. Windows finds npx and friends only through a shell.
 */
export function run(command, args, { allowFailure = false, env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: 'inherit',
      env: { ...process.env, ...env },
      shell: process.platform === 'win32',
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0 || (allowFailure && code !== null)) resolve(code);
      else reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${String(code)}`}`));
    });
  });
}

/** A tool of node_modules/.bin, run by this Node. */
export const tool = (name, args, options) => run(join(root, 'node_modules', '.bin', name), args, options);

/** True where a program of that name is on PATH. */
export function has(program) {
  return new Promise((resolve) => {
    const child = spawn(process.platform === 'win32' ? 'where' : 'which', [program], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
