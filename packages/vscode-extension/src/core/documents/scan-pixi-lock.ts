import type { ScannedDocument } from './entry.ts';
import { scanUrls } from './scan-explicit.ts';

/** A mapping key with nothing behind it: indentation, then the key, maybe quoted. */
const KEY = /^( *)(?:"([^"]*)"|'([^']*)'|([^\s'"#-][^:]*)):\s*(?:\[\]\s*)?(?:#.*)?$/;

/** The archives of a pixi.lock (versions 4 to 7), and every platform below `environments: → NAME → packages:`. */
export function scanPixiLock(lines: readonly string[]): ScannedDocument {
  const environments: ScannedDocument['environments'] = [];
  let inside = false;
  let inPackages = false;
  let name: string | undefined;
  for (const [line, text] of lines.entries()) {
    const match = KEY.exec(text);
    if (match === null) continue;
    const depth = (match[1] ?? '').length;
    const key = match[2] ?? match[3] ?? match[4] ?? '';
    if (depth === 0) {
      inside = key === 'environments';
      // Below stand the packages themselves, tens of thousands of lines.
      if (key === 'packages') break;
    } else if (!inside) continue;
    else if (depth === 2) {
      name = key;
      inPackages = false;
    } else if (depth === 4) inPackages = key === 'packages';
    else if (depth === 6 && inPackages) environments.push({ line, environment: name, platform: key });
  }
  return { entries: scanUrls(lines), environments };
}
