import type { PackageInsides } from '@condock/protocol';
import { CondockError, toCondockError } from '@condock/protocol';
import type { InfoFiles } from './info-files.ts';
import { type JsonObject, invalidMember, readJsonObject } from './inside/json-member.ts';
import { findFiles } from './inside/package-paths.ts';
import { readRunExports } from './inside/run-exports.ts';
import { readTexts } from './inside/text-files.ts';

export { listFiles } from './inside/package-paths.ts';

/** What the info directory alone says about a package; a part that could not be read is null, and named in `warnings`. */
export type Inside = Pick<
  PackageInsides,
  'index' | 'about' | 'runExports' | 'files' | 'licenses' | 'recipe' | 'warnings'
>;

const INDEX_BYTES = 4 * 1024 * 1024;
const ABOUT_BYTES = 1024 * 1024;

/**
 * Describes a package by its info directory (CEP 34). Only info/index.json has to be there and whole: the rest is shown
 * as far as it can be read. Throws `invalid-package` where index.json is missing, is no object, or lacks name, version
 * or build; `too-large` where it has more than 4 MiB. `where` names the package in these errors.
 */
export function describeInside(infoFiles: InfoFiles, where?: string): Inside {
  const warnings: string[] = [];
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      warnings.push(toCondockError(error).message);
      return null;
    }
  };
  const index = naming(where, () => readIndex(infoFiles));
  return {
    index,
    about: attempt(() => readJsonObject(infoFiles, 'about.json', ABOUT_BYTES) ?? null),
    runExports: attempt(() => readRunExports(infoFiles, index)),
    files: attempt(() => summarise(infoFiles)),
    licenses: readTexts(infoFiles, isLicense),
    recipe: readTexts(infoFiles, (path) => path.startsWith('recipe/')),
    warnings,
  };
}

/** info/index.json as it stands. Throws as `describeInside`. */
export function readIndex(infoFiles: InfoFiles): JsonObject {
  const index = readJsonObject(infoFiles, 'index.json', INDEX_BYTES);
  if (index === undefined) {
    throw new CondockError('invalid-package', 'The package has no info/index.json.', {
      hint: 'It is no conda package, or it was damaged.',
    });
  }
  for (const key of ['name', 'version', 'build']) {
    if (typeof index[key] !== 'string') throw invalidMember('index.json', `does not say a ${key}`);
  }
  return index;
}

function naming<T>(where: string | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (where === undefined || !(error instanceof CondockError)) throw error;
    const { code, message, hint, data } = error;
    throw new CondockError(code, `${where}: ${message.replace(/^The /, 'the ')}`, { hint, data, cause: error });
  }
}

function summarise(infoFiles: InfoFiles): Inside['files'] {
  const files = findFiles(infoFiles);
  if (files === undefined) return null;
  let bytes: number | null = 0;
  // conda-build writes down for a link how long what it leads to is, which is there once.
  for (const { size } of files.filter(({ type }) => type !== 'symlink')) {
    bytes = bytes === null || size === null ? null : bytes + size;
  }
  return { count: files.length, bytes };
}

/** info/licenses/**; conda-build before 3.19 wrote one file into info/ itself, under the name that it had in the source. */
function isLicense(path: string): boolean {
  return path.startsWith('licenses/') || /^(?:licen[cs]e|copying|copyright)[^/]*$/i.test(path);
}
