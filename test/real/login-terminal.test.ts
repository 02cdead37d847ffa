import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgramOrSay } from '../support/find-program.ts';
import { type CondockHome, createCondockHome, PROGRAM } from './support/condock.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from './support/docker-registry.ts';

const reason = dockerRegistryMissing('htpasswd');
if (reason !== undefined) console.log(`Skipped: a login typed at a terminal. ${reason}.`);
/** Gives a program a terminal of its own (util-linux). */
const script = findProgramOrSay('script', 'a login typed at a terminal');

describe.skipIf(reason !== undefined || script === undefined)('condock login at a terminal', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ auth: 'htpasswd' });
  });
  afterAll(() => registry.stop());

  /** Answers each question when it is asked. All that the terminal showed, and the exit code. */
  const talk = async (home: CondockHome, args: string[], answers: [RegExp, string][]) => {
    const command = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn(script ?? '', ['-qec', command, '/dev/null'], {
      cwd: home.path,
      env: { ...home.env, NO_COLOR: '1', TERM: 'xterm' },
      stdio: 'pipe',
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (answers[0]?.[0].test(shown) === true) child.stdin.write(answers.shift()?.[1] ?? '');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, shown };
  };

  it('asks for name and password, shows the name alone, and signs in', async () => {
    await using home = createCondockHome();
    const { code, shown } = await talk(
      home,
      ['login', registry.host, '--keep', 'memory'],
      [
        [/User name at .*: $/, `${registry.username}\r`],
        [/Password or token .*: $/, `${registry.password}X\u007f\r`],
      ],
    );
    expect(shown).toContain(`User name at ${registry.host}: ${registry.username}\r\n`);
    expect(shown).toContain(`Signed in to ${registry.host} as ${registry.username}`);
    expect(shown).not.toContain(registry.password);
    expect(code).toBe(0);
    const after = await talk(home, ['sessions'], []);
    expect(after.shown).toMatch(new RegExp(`HOST.*\\r\\n${registry.host} +${registry.username} +memory \\(Condock`));
  });

  it('refuses a wrong password and leaves the terminal alone when it is given up', async () => {
    await using home = createCondockHome();
    const args = ['login', registry.host, '-u', registry.username, '--keep', 'memory'];
    const wrong = await talk(home, args, [[/: $/, 'WRONG\r']]);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.shown).toContain(`${registry.host} refused the password of ${registry.username} (HTTP 401)`);
    expect(wrong.shown).not.toContain('WRONG');
    const given = await talk(home, args, [[/: $/, 'half\u0003']]);
    expect(given).toMatchObject({ code: 1 });
    expect(given.shown).toMatch(/: \r\nCancelled\.\r\n$/);
  });
});
