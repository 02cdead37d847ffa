import { deleteBlob, getBlob } from './blob-handlers.ts';
import type { Exchange } from './exchange.ts';
import { listReferrers, listRepositories, listTags } from './listing-handlers.ts';
import { deleteManifest, getManifest, putManifest } from './manifest-handlers.ts';
import { isRepositoryName } from './names.ts';
import { errorReply, jsonReply, type Reply } from './reply.ts';
import { deleteUpload, getUpload, patchUpload, postUpload, putUpload } from './upload-handlers.ts';

type Handler = (exchange: Exchange, name: string, reference: string) => Promise<Reply>;

/** distribution-spec v1.1, "Endpoints". A name may hold any word, so each form is known by its end. */
const ROUTES: readonly { path: RegExp; methods: Readonly<Partial<Record<string, Handler>>> }[] = [
  { path: /^\/v2\/(.*)\/blobs\/uploads\/?$/, methods: { POST: postUpload } },
  {
    path: /^\/v2\/(.*)\/blobs\/uploads\/([^/:]+)$/,
    methods: { GET: getUpload, PATCH: patchUpload, PUT: putUpload, DELETE: deleteUpload },
  },
  { path: /^\/v2\/(.*)\/blobs\/([^/]+)$/, methods: { GET: getBlob, HEAD: getBlob, DELETE: deleteBlob } },
  {
    path: /^\/v2\/(.*)\/manifests\/([^/]+)$/,
    methods: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
  },
  { path: /^\/v2\/(.*)\/tags\/list$/, methods: { GET: listTags, HEAD: listTags } },
  { path: /^\/v2\/(.*)\/referrers\/([^/]+)$/, methods: { GET: listReferrers, HEAD: listReferrers } },
];

const readOnly = (handler: Handler) => ({ GET: handler, HEAD: handler });
const ROOT: Readonly<Record<string, Readonly<Partial<Record<string, Handler>>>>> = {
  '/v2': readOnly(() => Promise.resolve(jsonReply({}))),
  '/v2/': readOnly(() => Promise.resolve(jsonReply({}))),
  '/v2/_catalog': readOnly(listRepositories),
};

/** Finds who answers a path (still percent-encoded) and has it answered. */
export async function route(exchange: Exchange, rawPath: string): Promise<Reply> {
  const path = decode(rawPath);
  if (path === undefined) return errorReply(400, 'NAME_INVALID', 'The path is not legally percent-encoded.');
  const root = Object.hasOwn(ROOT, path) ? ROOT[path] : undefined;
  if (root !== undefined) return await run(root, exchange, '', '');
  for (const { path: form, methods } of ROUTES) {
    const match = form.exec(path);
    if (match === null) continue;
    const name = match[1] ?? '';
    if (!isRepositoryName(name)) return errorReply(400, 'NAME_INVALID', `"${name}" is no legal repository name.`);
    return await run(methods, exchange, name, match[2] ?? '');
  }
  return errorReply(404, 'UNSUPPORTED', 'A registry serves nothing there; its paths begin with /v2/.');
}

async function run(
  methods: Readonly<Partial<Record<string, Handler>>>,
  exchange: Exchange,
  name: string,
  reference: string,
): Promise<Reply> {
  const method = exchange.request.method ?? '';
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler !== undefined) return await handler(exchange, name, reference);
  const headers = { allow: Object.keys(methods).join(', ') };
  return errorReply(405, 'UNSUPPORTED', `${method} is not possible there.`, { headers });
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
