// Brings docs/protocol.md (between its markers) and docs/protocol.schema.json up to date with the schemas in
// packages/protocol. Bundles the TypeScript first, because the oldest Node that is supported can't run it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL, URL } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../', import.meta.url);
const directory = mkdtempSync(join(tmpdir(), 'condock-docs-'));
try {
  const outfile = join(directory, 'render-docs.mjs');
  await build({
    entryPoints: [new URL('packages/protocol/render-docs.ts', root).pathname],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const { renderDocument, renderSchema } = await import(pathToFileURL(outfile).href);
  const document = new URL('docs/protocol.md', root);
  writeFileSync(document, renderDocument(readFileSync(document, 'utf8')));
  writeFileSync(new URL('docs/protocol.schema.json', root), renderSchema());
} finally {
  rmSync(directory, { recursive: true });
}
