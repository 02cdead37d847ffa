import type { EnvironmentListing, ParamsOf, ResultOf } from '@condock/protocol';
import type { Client, RequestOptions } from './client.ts';

/**
 * The whole listing of an environment: the pages of `env/show` put together, environments in the order in which they
 * first came.
 */
export async function showEnvironment(
  client: Client,
  params: Omit<ParamsOf<'env/show'>, 'cursor'>,
  options: RequestOptions & { onPage?: (page: EnvironmentListing) => void } = {},
): Promise<EnvironmentListing> {
  const { onPage, ...request } = options;
  let whole: EnvironmentListing | undefined;
  for await (const page of pages((cursor) => client.request('env/show', { ...params, ...cursor }, request))) {
    onPage?.(page);
    whole = whole === undefined ? copy(page) : join(whole, page);
  }
  return whole ?? { path: params.path, kind: 'specs', environments: [], warnings: [] };
}

/** All files of a package: the pages of `package/files` put together. */
export async function listFiles(
  client: Client,
  params: Omit<ParamsOf<'package/files'>, 'cursor'>,
  options: RequestOptions = {},
): Promise<ResultOf<'package/files'>['files']> {
  const files: ResultOf<'package/files'>['files'] = [];
  for await (const page of pages((cursor) => client.request('package/files', { ...params, ...cursor }, options))) {
    for (const file of page.files) files.push(file);
  }
  return files;
}

async function* pages<P extends { nextCursor?: string | undefined }>(
  ask: (cursor: { cursor?: string }) => Promise<P>,
): AsyncGenerator<P, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await ask(cursor === undefined ? {} : { cursor });
    yield page;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function copy({ path, kind, environments, warnings }: EnvironmentListing): EnvironmentListing {
  return {
    path,
    kind,
    environments: environments.map((e) => ({ ...e, packages: [...e.packages] })),
    warnings: [...warnings],
  };
}

function join(whole: EnvironmentListing, page: EnvironmentListing): EnvironmentListing {
  for (const part of page.environments) {
    const known = whole.environments.find((e) => e.name === part.name && e.platform === part.platform);
    if (known === undefined) whole.environments.push({ ...part, packages: [...part.packages] });
    else for (const entry of part.packages) known.packages.push(entry);
  }
  for (const warning of page.warnings) if (!whole.warnings.includes(warning)) whole.warnings.push(warning);
  return whole;
}
