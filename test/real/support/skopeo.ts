import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, type ProgramResult } from '../../support/run-program.ts';

export interface Skopeo extends AsyncDisposable {
  /** Ends with whatever exit code it has. */
  try(...args: string[]): Promise<ProgramResult>;
  /** Standard output; throws on any exit code but 0. */
  run(...args: string[]): Promise<string>;
  /** Credentials for one registry from now on. */
  login(host: string, username: string, password: string): Promise<void>;
}

/** skopeo with a policy and credentials of its own, reading nothing of the user's. */
export async function createSkopeo(program: string): Promise<Skopeo> {
  const home = await mkdtemp(join(tmpdir(), 'condock-skopeo-'));
  await writeFile(join(home, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
  const authFile = join(home, 'auth.json');
  await writeFile(authFile, '{}');
  const env = { PATH: process.env.PATH, HOME: home, REGISTRY_AUTH_FILE: authFile };
  const attempt = (...args: string[]): Promise<ProgramResult> =>
    runProgram(program, ['--policy', join(home, 'policy.json'), '--tmpdir', home, ...args], { env });
  return {
    try: attempt,
    run: async (...args) => {
      const { code, stdout, stderr } = await attempt(...args);
      if (code !== 0) throw new Error(`skopeo ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
      return stdout;
    },
    login: async (host, username, password) => {
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      await writeFile(authFile, JSON.stringify({ auths: { [host]: { auth } } }));
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}
