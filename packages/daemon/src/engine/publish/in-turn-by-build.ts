import { basename } from 'node:path';
import { parseFileName } from '../../conda/file-name.ts';

/**
 * Runs `work` on every file at once, but on files of one build one after the other, the `.conda` first (the draft of layout v1 prefers
 * it, and what is first under a tag stays). `before` is settled, and never rejects, when the files before have been dealt with; the results
 * come in the order of the files. `work` is called in an order in which no file comes before one that it waits for.
 */
export async function inTurnByBuild<T>(
  files: readonly string[],
  work: (file: string, before: Promise<unknown>) => Promise<T>,
): Promise<T[]> {
  const results = new Map<number, Promise<T>>();
  const latest = new Map<string, Promise<unknown>>();
  const order = [...files.keys()].sort((a, b) => rank(files[a]) - rank(files[b]) || a - b);
  for (const at of order) {
    const file = files[at] ?? '';
    const build = buildOf(file);
    const done = work(file, latest.get(build) ?? Promise.resolve());
    results.set(at, done);
    latest.set(
      build,
      done.catch(() => undefined),
    );
  }
  const inOrder = [...results].sort(([a], [b]) => a - b);
  return Promise.all(inOrder.map(([, done]) => done));
}

const rank = (file: string | undefined): number => (file?.endsWith('.conda') === true ? 0 : 1);

function buildOf(file: string): string {
  try {
    const { name, version, build } = parseFileName(basename(file));
    return `${name}-${version}-${build}`;
  } catch {
    // Refused when it is opened.
    return file;
  }
}
