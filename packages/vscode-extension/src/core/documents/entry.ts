/** A place in a document that names a package. Lines and columns count from 0; columns are UTF-16 units, the end exclusive. */
export interface DocumentEntry {
  line: number;
  start: number;
  end: number;
  /** What the place says: the URL of an archive, or the name of a package that is wanted. */
  kind: 'url' | 'name';
  text: string;
}

/** A place where an environment as a whole can be acted on. */
export interface DocumentEnvironment {
  line: number;
  environment: string | undefined;
  platform: string | undefined;
}

export interface ScannedDocument {
  entries: DocumentEntry[];
  environments: DocumentEnvironment[];
}

/** The format of a document, by its file name alone, as there is no language for most of them. */
export type DocumentFormat = 'pixi-lock' | 'conda-lock' | 'explicit' | 'toml' | 'environment-yml';

/** Glob patterns that stand for every file `formatOf` may know. */
export const DOCUMENT_PATTERNS = [
  '**/pixi.lock',
  '**/conda-lock.{yml,yaml}',
  '**/*.conda-lock.{yml,yaml}',
  '**/*conda-lock*.{yml,yaml}',
  '**/*explicit*.txt',
  '**/conda-*.lock',
  '**/spec-file*.txt',
  '**/pixi.toml',
  '**/pyproject.toml',
  '**/environment*.{yml,yaml}',
] as const;

export function formatOf(path: string): DocumentFormat | undefined {
  const name = path.split(/[\\/]/).at(-1)?.toLowerCase() ?? '';
  if (name === 'pixi.lock') return 'pixi-lock';
  if (/conda-lock.*\.ya?ml$/.test(name)) return 'conda-lock';
  if (name === 'pixi.toml' || name === 'pyproject.toml') return 'toml';
  if (/^environment.*\.ya?ml$/.test(name)) return 'environment-yml';
  if (/^(?:.*explicit.*\.txt|conda-.*\.lock|spec-file.*\.txt)$/.test(name)) return 'explicit';
  return undefined;
}
