import { listFiles } from '@condock/client';
import { CondockError, type PackageInsides } from '@condock/protocol';
import { type Command, flag, text } from '../command.ts';
import { absoluteUnlessUrl, isUrl } from '../paths.ts';
import type { Need, Session } from '../session.ts';
import { formatBytes } from '../terminal/amounts.ts';

export const show: Command = {
  name: 'show',
  summary: 'what is inside a package: from its info layer alone where it is in a registry',
  arguments: 'REF|URL|FILE',
  options: {
    files: { type: 'boolean', help: 'the files that it installs' },
    licenses: { type: 'boolean', help: 'the licence texts' },
    recipe: { type: 'boolean', help: 'the recipe' },
    part: { type: 'string', placeholder: 'index|about|run_exports', help: 'only this part, as JSON' },
  },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, values, session }) => {
    const target = absoluteUnlessUrl(positionals[0] ?? '', session.cwd);
    if (flag(values, 'files')) return showFiles(target, session);
    const part = parsePart(text(values, 'part'));
    const inside = await session.request('package/inspect', { target }, needOf(target));
    if (part !== undefined) session.document(inside[part]);
    else if (session.json) session.document(inside);
    else if (flag(values, 'licenses')) showTexts(inside.licenses, 'no licence text', session);
    else if (flag(values, 'recipe')) showTexts(inside.recipe, 'no recipe', session);
    else describe(inside, session);
    for (const warning of inside.warnings) session.warn(warning);
    return 0;
  },
};

/** A file is read where it lies. */
const needOf = (target: string): Need => ({ store: isUrl(target) });

async function showFiles(target: string, session: Session): Promise<0> {
  const files = await listFiles(await session.client(needOf(target)), { target }, { signal: session.signal });
  if (session.json) session.document(files);
  else {
    session.table(
      [{ title: 'SIZE', align: 'right' }, { title: 'TYPE' }, { title: 'PATH', shrink: 1, cutFront: true }],
      files.map((f) => [f.size === null ? '' : formatBytes(f.size), f.type, f.path]),
    );
  }
  return 0;
}

const PARTS = { index: 'index', about: 'about', run_exports: 'runExports' } as const;

function parsePart(name: string | undefined): 'index' | 'about' | 'runExports' | undefined {
  if (name === undefined) return undefined;
  if (name in PARTS) return PARTS[name as keyof typeof PARTS];
  throw new CondockError('usage', `"${name}" is no part of a package.`, {
    hint: `Parts are ${Object.keys(PARTS).join(', ')}.`,
  });
}

function showTexts(texts: PackageInsides['licenses'], nothing: string, session: Session): void {
  if (texts.length === 0) session.note(`The package carries ${nothing}.`);
  for (const { path, text: content, truncated } of texts) {
    session.line(session.colors.bold(path));
    session.line(content.trimEnd());
    if (truncated) session.note(`${path} is longer; this is its beginning.`);
    session.line();
  }
}

function describe(inside: PackageInsides, session: Session): void {
  const { colors } = session;
  const { index, about } = inside;
  const word = (value: unknown): string =>
    typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(word) : []);
  session.line(
    `${colors.bold(`${word(index.name)} ${word(index.version)}`)} ${word(index.build)}  ${colors.dim(word(index.subdir))}`,
  );
  if (word(about?.summary) !== '') session.line(word(about?.summary));
  session.line();
  const facts: [string, string][] = [
    ['reference', inside.reference ?? ''],
    ['manifest', inside.manifestDigest ?? ''],
    ['licence', [word(index.license), word(index.license_family)].filter(Boolean).join(', family ')],
    ['home', word(about?.home)],
    ['source', word(about?.dev_url)],
    [
      'files',
      inside.files === null
        ? ''
        : `${inside.files.count}${inside.files.bytes === null ? '' : `, ${formatBytes(inside.files.bytes)} installed`}`,
    ],
    ['licence texts', inside.licenses.map((l) => l.path).join(', ')],
    ['known from', inside.from === 'info-layer' ? 'the info layer; the archive was not fetched' : 'the archive'],
  ];
  for (const [name, value] of facts) if (value !== '') session.line(`${colors.dim(name.padEnd(15))}${value}`);
  section(session, 'depends', list(index.depends));
  section(session, 'constrains', list(index.constrains));
  for (const [strength, specs] of Object.entries(inside.runExports ?? {}))
    section(session, `run_exports, ${strength}`, list(specs));
  if (inside.layers.length > 0) {
    session.line();
    session.table(
      [
        { title: 'LAYER' },
        { title: 'SIZE', align: 'right' },
        { title: 'DIGEST', shrink: 1, least: 19 },
        { title: 'MEDIA TYPE', shrink: 1, least: 20, cutFront: true, optional: 1 },
        { title: 'STORE' },
      ],
      inside.layers.map((l) => [
        l.role ?? 'other',
        formatBytes(l.size),
        l.digest,
        l.mediaType,
        l.cached ? 'cached' : '',
      ]),
    );
  }
}

function section(session: Session, title: string, items: readonly string[]): void {
  if (items.length === 0) return;
  session.line();
  session.line(session.colors.dim(title));
  for (const item of items) session.line(`  ${item}`);
}
