import { CondockError, redact, toCondockError } from '@condock/protocol';
import type { TomlMap } from '../toml.ts';
import { isMirrorTarget, mirrorUrl } from './mirror-url.ts';
import type { Mirror } from './types.ts';

/**
 * Reads a `[mirrors]` table: URL prefixes, each with a list of URLs (or one). Throws `config-invalid` that names file and
 * key.
 */
export function readMirrorTable(table: TomlMap, file: string, scope: Mirror['scope']): Mirror[] {
  return Object.entries(table).map(([key, value]) => {
    const name = `mirrors."${redact(key)}"`;
    const list: unknown[] = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [undefined];
    const targets = list.map((one) => {
      if (typeof one !== 'string' || !isMirrorTarget(one)) {
        const shown = typeof one === 'string' ? `"${one}"` : 'what stands there';
        throw invalid(file, name, `${shown} is no oci:// or https:// URL`);
      }
      return checkedUrl(one, file, name);
    });
    return { prefix: checkedUrl(key, file, name), targets, source: `${file}, ${name}`, scope };
  });
}

function checkedUrl(text: string, file: string, name: string): string {
  try {
    return mirrorUrl(text);
  } catch (error) {
    throw invalid(file, name, toCondockError(error).message.replace(/\.$/, ''));
  }
}

const HINTS: Readonly<Record<string, string>> = {
  mirrors: 'For example: "https://conda.anaconda.org/conda-forge" = ["oci://ghcr.io/channel-mirrors/conda-forge"]',
  layouts: 'For example: "oci://registry.example/channel" = "v1"',
  'insecure-hosts': 'For example: insecure-hosts = ["registry.example:5000"]',
  quota: 'For example: quota = 50_000_000_000',
};

/** The error for a bad value in a configuration file. */
export function invalid(file: string, key: string, why: string): CondockError {
  return new CondockError('config-invalid', `${file}: the value of ${key} can't be used: ${why}.`, {
    hint: HINTS[key.split('.')[0] ?? ''] ?? 'Correct it there.',
    data: { file, key },
  });
}
