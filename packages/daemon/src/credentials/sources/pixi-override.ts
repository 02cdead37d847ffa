import { parse } from 'smol-toml';
import { asText } from '../files/json.ts';
import { FileDefect, ParsedFile } from '../files/parsed-file.ts';
import type { CredentialEntry, Source } from '../source.ts';
import { rattlerFileSource, type RattlerFileParts } from './rattler-file.ts';

export interface PixiOverrideOptions {
  /** pixi's configuration files of the machine and the user, the strongest first. Never a project's. */
  configs: readonly string[];
  /** What a leading `~` stands for. */
  homedir: string;
  isAbsolute: (path: string) => boolean;
}

/**
 * The file that pixi's `authentication-override-file` names. A project's own `.pixi/config.toml` is not asked: a folder that one
 * opens must not choose where secrets come from.
 */
export function pixiOverrideSource(parts: RattlerFileParts, options: PixiOverrideOptions): Source {
  const configs = options.configs.map(
    (path) =>
      new ParsedFile<{ override: string | undefined }>(parts, {
        path,
        label: 'pixi configuration',
        parse: parsePixiConfig,
        hasSecrets: () => false,
      }),
  );
  let current: { path: string; source: Source } | undefined;

  const source = (): Source | undefined => {
    for (const config of configs) {
      const named = config.get()?.override;
      if (named === undefined) continue;
      const path = /^~[\\/]/.test(named) ? `${options.homedir}${named.slice(1)}` : named;
      const place = `${config.path}#override`;
      if (!options.isAbsolute(path)) {
        parts.problems.set(
          place,
          `The authentication-override-file of ${config.path} is not an absolute path, so it was left out.`,
        );
        return undefined;
      }
      parts.problems.clear(place);
      if (current?.path !== path) {
        const label = `pixi authentication-override-file, named by ${config.path}`;
        current = { path, source: rattlerFileSource(parts, { path, label, mustExist: true }) };
      }
      return current.source;
    }
    return undefined;
  };
  return {
    tool: 'pixi',
    places: () => [...options.configs, ...(current === undefined ? [] : [current.path])],
    find: async (query) => source()?.find(query),
    list: async () => (await source()?.list()) ?? ([] as CredentialEntry[]),
  };
}

function parsePixiConfig(text: string): { override: string | undefined } {
  let document: Record<string, unknown>;
  try {
    document = parse(text);
  } catch {
    throw new FileDefect('it is not valid TOML');
  }
  return { override: asText(document['authentication-override-file']) };
}
