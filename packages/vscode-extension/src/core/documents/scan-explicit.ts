import type { DocumentEntry, ScannedDocument } from './entry.ts';

/** Archive URLs, anywhere in a line; the part after `#` is a digest, and not of the URL. */
const URL_OF_ARCHIVE = /[a-z][a-z0-9+.-]*:\/\/[^\s"'#,]+?\.(?:conda|tar\.bz2)(?=$|[\s"'#,])/i;

/** The first archive URL of every line. */
export function scanUrls(lines: readonly string[]): DocumentEntry[] {
  const entries: DocumentEntry[] = [];
  for (const [line, text] of lines.entries()) {
    // A lock of 100,000 lines has few of them: the cheap question first.
    if (!text.includes('://')) continue;
    const match = URL_OF_ARCHIVE.exec(text);
    if (match === null) continue;
    entries.push({ line, start: match.index, end: match.index + match[0].length, kind: 'url', text: match[0] });
  }
  return entries;
}

/** `@EXPLICIT` stands for the whole file. */
export function scanExplicit(lines: readonly string[]): ScannedDocument {
  const line = lines.findIndex((text) => text.trim() === '@EXPLICIT');
  return {
    entries: scanUrls(lines).filter((entry) => !(lines[entry.line] ?? '').trimStart().startsWith('#')),
    environments: line < 0 ? [] : [{ line, environment: undefined, platform: undefined }],
  };
}
