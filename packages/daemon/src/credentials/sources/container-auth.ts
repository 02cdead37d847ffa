import type { Credential } from '../../oci/auth/credential-source.ts';
import { isPlainProgramName } from '../../system/run-program.ts';
import { FileDefect, ParsedFile, type ParsedFileParts } from '../files/parsed-file.ts';
import { helperServer, mostSpecific, normalizeHost, parseHostKey } from '../host-key.ts';
import type { CredentialEntry, Source, SourceQuery } from '../source.ts';
import type { Secret } from '../secret.ts';
import { TimeLimitedCache } from '../time-limited-cache.ts';
import { type DockerConfig, parseDockerConfig } from './docker-config.ts';
import { type DockerHelperParts, getFromHelper, helperProblem, helperProgram, listHelper } from './docker-helper.ts';

export interface ContainerAuthParts extends ParsedFileParts, DockerHelperParts {
  now: () => number;
  /** Milliseconds for which an answer of a helper holds. */
  helperAnswerMs: number;
}

export interface ContainerAuthOptions {
  path: string;
  tool: 'docker' | 'podman';
  label: string;
  mustExist?: boolean;
}

/** A helper without an answer is asked again soon (the user may log in), but not by every request of a big prefetch. */
const NO_ANSWER_MS = 30_000;

/**
 * One file of the docker family: `config.json`, podman's `auth.json`, `.dockercfg`. For a question: the helper of that very
 * host (`credHelpers`), then the general one (`credsStore`), then what the file itself holds, the most specific key first.
 */
export function containerAuthSource(parts: ContainerAuthParts, options: ContainerAuthOptions): Source {
  const { problems, now } = parts;
  const { path, label, tool } = options;
  const where = `${label} (${path})`;
  const file = new ParsedFile<DockerConfig>(parts, {
    ...options,
    parse: (text) => {
      const config = parseDockerConfig(text);
      const first = config.malformed[0];
      if (
        first !== undefined &&
        config.auths.length + config.credHelpers.size === 0 &&
        config.credsStore === undefined
      ) {
        throw new FileDefect(`its entry "${first}" is malformed`);
      }
      return config;
    },
    hasSecrets: (config) => config.auths.some((auth) => auth.secret !== undefined),
  });
  const answers = new TimeLimitedCache<Secret | undefined>(now, (secret) =>
    secret === undefined ? Math.min(NO_ANSWER_MS, parts.helperAnswerMs) : parts.helperAnswerMs,
  );

  const read = (): DockerConfig | undefined => {
    const config = file.get();
    const first = config?.malformed[0];
    if (first === undefined) problems.clear(`${path}#entries`);
    else problems.set(`${path}#entries`, `The entry "${first}" of the ${where} is malformed and was left out.`);
    return config;
  };

  const askHelper = async (suffix: string, query: SourceQuery): Promise<Credential | undefined> => {
    const server = helperServer(query.host);
    const secret = await answers.get(
      `${suffix} ${server}`,
      async (signal) => {
        const place = `helper ${suffix} ${server}`;
        try {
          const found = await getFromHelper(parts, suffix, server, signal);
          problems.clear(place);
          return found;
        } catch (error) {
          problems.set(place, helperProblem(error), { namedBy: `the ${where}`, host: normalizeHost(query.host) });
          return undefined;
        }
      },
      query.signal,
    );
    if (secret === undefined) return undefined;
    const source = `docker-credential-${suffix}, named by the ${where}`;
    return { ...secret, source, expiresAt: now() + parts.helperAnswerMs };
  };

  return {
    tool,
    places: () => [path],
    find: async (query) => {
      const config = read();
      if (config === undefined) return undefined;
      for (const suffix of helpersFor(config, query.host)) {
        const credential = await askHelper(suffix, query);
        if (credential !== undefined) return credential;
      }
      const inline = config.auths.filter((auth) => auth.secret !== undefined);
      const best = mostSpecific(inline, query.host, query.repository);
      if (best?.secret === undefined) return undefined;
      const { namespace } = best.key;
      return { ...best.secret, source: where, ...(namespace === undefined ? {} : { namespace }) };
    },
    refused: (host) => {
      const config = read();
      for (const suffix of config === undefined ? [] : helpersFor(config, host)) {
        answers.refused(`${suffix} ${helperServer(host)}`);
      }
    },
    list: async (signal) => {
      const config = read();
      if (config === undefined) return [];
      return [...(await listHelpers(config, parts, where, signal)), ...listInline(config, where)];
    },
  };
}

function helpersFor(config: DockerConfig, host: string): string[] {
  const own = config.credHelpers.get(normalizeHost(host));
  if (own === '') return [];
  return [...new Set([own, config.credsStore].filter((suffix) => suffix !== undefined))];
}

function listInline(config: DockerConfig, where: string): CredentialEntry[] {
  return config.auths.flatMap(({ key, secret }) => {
    const helped = helpersFor(config, key.host).length > 0;
    if (secret === undefined && helped) return [];
    const entry = {
      host: key.host,
      namespace: key.namespace ?? null,
      username: secret?.username ?? null,
      source: where,
      kind: secret?.kind ?? ('basic' as const),
    };
    return [secret === undefined ? { ...entry, note: 'The entry is empty and no helper is named for it.' } : entry];
  });
}

async function listHelpers(
  config: DockerConfig,
  parts: ContainerAuthParts,
  where: string,
  signal: AbortSignal | undefined,
): Promise<CredentialEntry[]> {
  const source = (suffix: string): string => `docker-credential-${suffix}, named by the ${where}`;
  const entries: CredentialEntry[] = [];
  for (const [host, suffix] of config.credHelpers) {
    if (suffix === '') continue;
    // Cloud helpers make their secrets on demand and can't list; that one is named for the host is all there is to say.
    const entry = { host, namespace: null, username: null, source: source(suffix), kind: 'basic' as const };
    const plain = isPlainProgramName(helperProgram(suffix));
    entries.push(plain ? entry : { ...entry, note: 'Its helper is not a plain name, so it is never run.' });
  }
  const suffix = config.credsStore;
  if (suffix === undefined) return entries;
  const place = `helper ${suffix} list`;
  try {
    for (const { server, username } of await listHelper(parts, suffix, signal)) {
      const key = parseHostKey(server);
      if (key === undefined || config.credHelpers.get(key.host) === '') continue;
      const token = username === '<token>';
      entries.push({
        host: key.host,
        namespace: key.namespace ?? null,
        username: token || username === '' ? null : username,
        source: source(suffix),
        kind: token ? 'identity-token' : 'basic',
      });
    }
    parts.problems.clear(place);
  } catch (error) {
    parts.problems.set(place, helperProblem(error), { namedBy: `the ${where}` });
  }
  return entries;
}
