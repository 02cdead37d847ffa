import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TestHome } from '../testing/test-credentials.ts';
import { pixiOverrideSource } from './pixi-override.ts';

describe("pixi's authentication-override-file", () => {
  const source = (home: TestHome, ...configs: string[]) =>
    pixiOverrideSource(home.parts, { configs, homedir: home.path, isAbsolute });

  it('is read from the strongest configuration that names one', async () => {
    using home = new TestHome();
    home.write('auth.json', { 'h.io': { BearerToken: 'strong' } });
    const weak = home.write('weak.json', { 'h.io': { BearerToken: 'weak' } });
    const first = home.write('first.toml', 'default-channels = ["conda-forge"]\n');
    const second = home.write('second.toml', 'authentication-override-file = "~/auth.json"\n');
    const third = home.write('third.toml', `authentication-override-file = "${weak}"\n`);
    expect(await source(home, first, second, third).find({ host: 'h.io' })).toMatchObject({ secret: 'strong' });
  });

  it('is left out, and said so, where its path is relative, its file missing or the configuration malformed', async () => {
    using home = new TestHome();
    const relative = home.write('relative.toml', 'authentication-override-file = "auth.json"\n');
    expect(await source(home, relative).find({ host: 'h.io' })).toBeUndefined();
    expect(home.problems.all().join()).toContain('not an absolute path');
    const missing = home.write('missing.toml', 'authentication-override-file = "/nowhere/auth.json"\n');
    expect(await source(home, missing).find({ host: 'h.io' })).toBeUndefined();
    expect(home.problems.all().join()).toContain('/nowhere/auth.json does not exist');
    const malformed = home.write('malformed.toml', 'authentication-override-file = TOP-SECRET\n');
    expect(await source(home, malformed).list()).toEqual([]);
    expect(home.problems.all().join()).toContain('not valid TOML');
    expect(home.problems.all().join()).not.toContain('TOP-SECRET');
  });
});
