import type { DocumentFormat, ScannedDocument } from './entry.ts';
import { scanEnvironmentYml } from './scan-environment-yml.ts';
import { scanExplicit, scanUrls } from './scan-explicit.ts';
import { scanPixiLock } from './scan-pixi-lock.ts';
import { scanToml } from './scan-toml.ts';

/**
 * Finds where a document names packages and environments. By lines, not by parsing: a half-typed document still has its
 * hovers, and a lock of megabytes costs milliseconds. What the places mean is the daemon's to say.
 */
export function scanDocument(text: string, format: DocumentFormat): ScannedDocument {
  const lines = text.split(/\r?\n/);
  switch (format) {
    case 'pixi-lock':
      return scanPixiLock(lines);
    case 'conda-lock':
      return { entries: scanUrls(lines), environments: condaLockPlatforms(lines) };
    case 'explicit':
      return scanExplicit(lines);
    case 'toml':
      return scanToml(lines);
    case 'environment-yml':
      return scanEnvironmentYml(lines);
  }
}

/** Each platform in the list below `platforms:`, at its own line. */
function condaLockPlatforms(lines: readonly string[]): ScannedDocument['environments'] {
  const environments: ScannedDocument['environments'] = [];
  let inside = false;
  for (const [line, text] of lines.entries()) {
    const item = /^\s*- ["']?([a-z0-9-]+)["']?\s*$/.exec(text);
    if (/^\s+platforms:\s*$/.test(text)) inside = true;
    else if (inside && item?.[1] !== undefined) environments.push({ line, environment: undefined, platform: item[1] });
    else if (inside) break;
  }
  return environments;
}
