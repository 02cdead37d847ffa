import { describe, expect, it } from 'vitest';
import { checkBuild, checkIdentity, checkLabel, checkName, checkSubdir, checkVersion } from './identifiers.ts';

const rules = (problems: { rule: string }[]): string => problems.map((problem) => problem.rule).join('; ');

describe('CEP 26 identifiers', () => {
  it('finds nothing wrong with real names', () => {
    for (const name of ['numpy', '_libgcc_mutex', 'ld_impl_linux-64', 'r-base', 'zope.interface', '7zip']) {
      expect(checkName(name, { strict: true })).toEqual([]);
    }
    expect(checkIdentity({ name: 'x264', version: '1!164.3095', build: 'h57fd34a_2' }, { strict: true })).toEqual([]);
    expect(checkIdentity({ name: 'a', version: '0.5.3+git2022', build: 'py39_0.a+b' }, { strict: true })).toEqual([]);
    expect(checkVersion('1.0.1_', { strict: true })).toEqual([]);
  });

  it('lets pass what real channels hold, unless told to be strict', () => {
    const real = [
      { name: '__anaconda_core_depends', version: '2024.06', build: '0' },
      { name: 'PyYAML', version: '1.0RC1', build: 'py37=cuda_0' },
    ];
    for (const identity of real) {
      expect(checkIdentity(identity)).toEqual([]);
      expect(checkIdentity(identity, { strict: true })).not.toEqual([]);
    }
  });

  it.each([
    [checkName, '', /empty/],
    [checkName, 'a'.repeat(65), /more than 64/],
    [checkName, 'foo bar', /character " "/],
    [checkName, 'foo\u{1F600}', /character "\u{1F600}"/u],
    [checkName, '-foo', /begins with "-"/],
    [checkName, '.foo', /begins with "."/],
    [checkName, '__cuda', /virtual/],
    [checkName, 'foo..bar', /two separators/],
    [checkName, 'foo_-bar', /two separators/],
    [checkVersion, '1-2', /character "-"/],
    [checkVersion, '2.0.0~alpha0', /character "~"/],
    [checkVersion, '1!2!3', /more than one "!"/],
    [checkVersion, 'a!1', /epoch/],
    [checkVersion, '!1', /epoch/],
    [checkVersion, '1+2+3', /more than one "\+"/],
    [checkVersion, '1..2', /empty segment/],
    [checkVersion, '1+', /empty segment/],
    [checkVersion, '1.0__', /empty segment/],
    [checkBuild, 'a-b', /character "-"/],
    [checkBuild, 'x'.repeat(65), /more than 64/],
    [checkSubdir, 'linux', /neither/],
    [checkSubdir, 'Linux-64', /neither/],
    [checkSubdir, `linux-${'6'.repeat(40)}`, /more than 32/],
    [checkLabel, '1dev', /begin with a letter/],
    [checkLabel, 'a:b', /character ":"/],
  ])('%o refuses %j', (check, value, message) => {
    expect(rules(check(value))).toMatch(message);
  });

  it('names every part that is wrong, and a file name that is too long only in sum', () => {
    const problems = checkIdentity({ name: '-', version: '1-', build: '' });
    expect(problems.map((problem) => problem.part)).toEqual(['name', 'version', 'build']);
    const long = { name: 'n'.repeat(64), version: '1'.repeat(64), build: 'b'.repeat(64) };
    expect(checkIdentity(long)).toEqual([]);
    expect(checkSubdir('noarch')).toEqual([]);
    expect(checkLabel('rust_dev/a-b.c')).toEqual([]);
  });

  it('answers at once on long strings made to slow expressions down', () => {
    expect(rules(checkName(`${'a-'.repeat(31)}!`))).toMatch(/character "!"/);
    expect(rules(checkName('a'.repeat(1_000_000)))).toMatch(/more than 64/);
  });
});
