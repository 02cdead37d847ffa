import type { PackageIdentity } from './types.ts';

export type IdentifierPart = 'name' | 'version' | 'build' | 'subdir' | 'label' | 'file name';

/** One rule of CEP 26 (or 33, for versions) that a string breaks. */
export interface IdentifierProblem {
  part: IdentifierPart;
  value: string;
  /** Reads on after the part: "it has the character …". */
  rule: string;
}

export interface IdentifierOptions {
  /**
   * The text of CEP 26 to the letter. Default false: what real channels hold and clients install passes too, that is
   * upper case in names and versions, `=` in builds, and `__anaconda_core_depends`.
   */
  strict?: boolean;
}

const MAX_LENGTH: Record<IdentifierPart, number> = {
  name: 64,
  version: 64,
  build: 64,
  subdir: 32,
  label: 128,
  'file name': 211,
};

/** The one name in the public channels that breaks the rule; CEP 26 itself says so ("Backwards compatibility"). */
const EXCEPTIONAL_NAME = '__anaconda_core_depends';
const NAME = /^(?:[a-z0-9]|[a-z0-9_](?!_))[._-]?(?:[a-z0-9]+(?:[._-]|$))*$/;
const SUBDIR = /^(?:noarch|[a-z0-9]+-[a-z0-9]+)$/;
const LABEL = /^[a-zA-Z][0-9a-zA-Z_\-./]*$/;

/** Everything that CEP 26 has against a package's name, version and build; empty where there is nothing. */
export function checkIdentity(identity: PackageIdentity, options: IdentifierOptions = {}): IdentifierProblem[] {
  const { name, version, build } = identity;
  const problems = [...checkName(name, options), ...checkVersion(version, options), ...checkBuild(build, options)];
  const length = `${name}-${version}-${build}.tar.bz2`.length;
  if (problems.length === 0 && length > MAX_LENGTH['file name']) {
    problems.push(tooLong('file name', `${name}-${version}-${build}`));
  }
  return problems;
}

/** CEP 26, "Package names": of distributable packages, not of virtual ones. */
export function checkName(name: string, options: IdentifierOptions = {}): IdentifierProblem[] {
  if (options.strict !== true && name === EXCEPTIONAL_NAME) return [];
  const value = options.strict === true ? name : name.toLowerCase();
  return check('name', name, () => {
    if (/[A-Z]/.test(value)) return 'it has upper-case letters';
    const foreign = foreignCharacter(value, /[^a-z0-9._-]/u, 'lower-case letters, digits, ".", "_" and "-"');
    if (foreign !== undefined) return foreign;
    if (/^[.-]/.test(value)) return `it begins with "${value.charAt(0)}"`;
    if (value.startsWith('__')) return 'it begins with "__", which is for virtual packages';
    return NAME.test(value) ? undefined : 'it has two separators (".", "_", "-") in a row';
  });
}

/** CEP 26, "Version strings", and the grammar of CEP 33 but for its bound on runs of digits, which real dates exceed. */
export function checkVersion(version: string, options: IdentifierOptions = {}): IdentifierProblem[] {
  const value = options.strict === true ? version : version.toLowerCase();
  return check('version', version, () => {
    if (/[A-Z]/.test(value)) return 'it has upper-case letters';
    const foreign = foreignCharacter(value, /[^a-z0-9._+!]/u, 'digits, lower-case letters, ".", "_", "+" and "!"');
    if (foreign !== undefined) return foreign;
    const epoch = /^(?:([^!]*)!)?([^!]*)$/.exec(value);
    if (epoch === null) return 'it has more than one "!"';
    if (epoch[1] !== undefined && !/^[0-9]+$/.test(epoch[1])) return 'its epoch, before the "!", is no number';
    const parts = (epoch[2] ?? '').split('+');
    if (parts.length > 2) return 'it has more than one "+"';
    const hollow = parts.some((part) => part.replace(/_$/, '').split(/[._]/).includes(''));
    return hollow ? 'it has an empty segment' : undefined;
  });
}

/** CEP 26, "Build strings". */
export function checkBuild(build: string, options: IdentifierOptions = {}): IdentifierProblem[] {
  const legal = options.strict === true ? /[^a-zA-Z0-9_.+]/u : /[^a-zA-Z0-9_.+=]/u;
  return check('build', build, () => foreignCharacter(build, legal, 'letters, digits, "_", "." and "+"'));
}

/** CEP 26, "Subdir names". */
export function checkSubdir(subdir: string): IdentifierProblem[] {
  return check('subdir', subdir, () =>
    SUBDIR.test(subdir)
      ? undefined
      : 'it is neither "noarch" nor two parts of lower-case letters and digits with one "-"',
  );
}

/** CEP 26, "Label names". */
export function checkLabel(label: string): IdentifierProblem[] {
  return check('label', label, () => {
    if (LABEL.test(label)) return undefined;
    if (!/^[a-zA-Z]/.test(label)) return 'it does not begin with a letter';
    return foreignCharacter(label, /[^0-9a-zA-Z_\-./]/u, 'letters, digits, "_", "-", "." and "/"');
  });
}

function check(part: IdentifierPart, value: string, rule: () => string | undefined): IdentifierProblem[] {
  if (value === '') return [{ part, value, rule: 'it is empty' }];
  // First, so that no expression ever meets a long string.
  if (value.length > MAX_LENGTH[part]) return [tooLong(part, value)];
  const broken = rule();
  return broken === undefined ? [] : [{ part, value, rule: broken }];
}

function tooLong(part: IdentifierPart, value: string): IdentifierProblem {
  return { part, value, rule: `it has more than ${MAX_LENGTH[part]} characters` };
}

function foreignCharacter(value: string, foreign: RegExp, legal: string): string | undefined {
  const found = foreign.exec(value)?.[0];
  return found === undefined ? undefined : `it has the character ${JSON.stringify(found)}; legal are ${legal}`;
}
