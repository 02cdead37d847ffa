import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProgramResult, RunProgram } from '../../system/run-program.ts';
import { createCredentials, type Credentials, type CredentialsParts } from '../credentials.ts';
import { nodeFiles } from '../files/file-access.ts';
import { memoryKeychain } from '../keychain/memory-keychain.ts';
import { Problems } from '../problems.ts';

/** A home of its own, a clock that stands still until it is moved, and helpers that are functions. For tests. */
export class TestHome implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'condock-credentials-'));
  readonly keychain = memoryKeychain();
  readonly problems = new Problems();
  /** What was run, as `program argument <stdin>`. */
  readonly calls: string[] = [];
  helper: (program: string, action: string, stdin: string) => Partial<ProgramResult> | Promise<Partial<ProgramResult>> =
    () => ({});
  time = 1_000_000;
  #serial = 0;

  /** Writes a file below the home, private unless `mode` says otherwise; its absolute path. */
  write(name: string, content: unknown, mode = 0o600): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    chmodSync(path, mode);
    return path;
  }

  readonly run: RunProgram = async ({ program, args, stdin }) => {
    const action = args?.[0] ?? '';
    this.calls.push(`${program} ${action} <${(stdin ?? '').trim()}>`);
    return { exitCode: 0, stdout: '', stderr: '', ...(await this.helper(program, action, (stdin ?? '').trim())) };
  };

  /** What a single source is made of. */
  get parts() {
    return {
      env: {},
      platform: 'linux',
      files: nodeFiles,
      problems: this.problems,
      run: this.run,
      now: () => this.time,
      timeoutMs: 1000,
      helperAnswerMs: 300_000,
    };
  }

  credentials(more: Partial<CredentialsParts> = {}): Credentials {
    return createCredentials({
      env: {},
      homedir: this.path,
      platform: 'linux',
      configDir: join(this.path, 'condock'),
      keychain: this.keychain,
      run: this.run,
      now: () => this.time,
      random: () => `r${(this.#serial += 1)}`,
      ...more,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** As docker writes it. */
export function pair(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
