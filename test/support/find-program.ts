import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a program on PATH or in one of `elsewhere`; undefined where it is not installed. */
export function findProgram(name: string, elsewhere: readonly string[] = []): string | undefined {
  const fileName = process.platform === 'win32' ? `${name}.exe` : name;
  const directories = [...(process.env.PATH ?? '').split(delimiter).filter((d) => d !== ''), ...elsewhere];
  return directories.map((directory) => join(directory, fileName)).find(existsSync);
}

/**
 * As `findProgram`; where it is missing, says on standard output what is skipped, so that nobody takes a skipped suite for a
 * passed one.
 */
export function findProgramOrSay(name: string, suite: string, elsewhere?: readonly string[]): string | undefined {
  const found = findProgram(name, elsewhere);
  if (found === undefined) console.log(`Skipped: ${suite}. The program "${name}" is not installed here.`);
  return found;
}
