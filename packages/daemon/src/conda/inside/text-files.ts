import type { InfoFile, InfoFiles } from '../info-files.ts';
import { infoContent } from '../info-files.ts';

/** A text for people; `truncated` where the end, or all of a file that is no text, was left out. */
export interface TextFile {
  /** Without `info/`. */
  path: string;
  text: string;
  truncated: boolean;
}

export interface TextBounds {
  files: number;
  bytesPerFile: number;
  /** Over all files. */
  bytes: number;
}

/** Together with the rest a package's insides fit one answer of the protocol. */
export const DEFAULT_TEXT_BOUNDS: Readonly<TextBounds> = {
  files: 200,
  bytesPerFile: 64 * 1024,
  bytes: 256 * 1024,
};

/** The chosen files as texts within bounds, sorted by path. Past the bounds files are named, their texts left out. */
export function readTexts(
  infoFiles: InfoFiles,
  choose: (path: string) => boolean,
  bounds: TextBounds = DEFAULT_TEXT_BOUNDS,
): TextFile[] {
  const chosen = infoFiles
    .filter((file) => file.type !== 'directory' && choose(file.path))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  let room = bounds.bytes;
  return chosen.slice(0, bounds.files).map((file) => {
    const text = textOf(file, infoFiles, Math.min(bounds.bytesPerFile, room));
    room -= Buffer.byteLength(text.text);
    return text;
  });
}

function textOf(file: InfoFile, infoFiles: InfoFiles, limit: number): TextFile {
  const bytes = infoContent(infoFiles, file.path) ?? new Uint8Array();
  const { path } = file;
  // What has NULs is no text: an archive, a picture, UTF-16.
  if (bytes.subarray(0, limit).includes(0)) return { path, text: '', truncated: true };
  const truncated = bytes.length > limit;
  // In streaming mode a character that the cut splits is left out whole.
  const text = new TextDecoder().decode(bytes.subarray(0, Math.max(limit, 0)), { stream: truncated });
  return { path, text, truncated };
}
