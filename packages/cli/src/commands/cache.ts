import { CondockError } from '@condock/protocol';
import { type Command, flag, text } from '../command.ts';
import { absolute } from '../paths.ts';
import { formatBytes } from '../terminal/amounts.ts';
import { parseBytes } from '../terminal/parse-bytes.ts';

export const cacheStatus: Command = {
  name: 'cache status',
  summary: 'where the store is and how full',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    const status = await session.request('cache/status', {});
    if (session.json) session.document(status);
    else {
      session.line(status.path);
      session.line(
        `${status.blobs} blobs, ${formatBytes(status.bytes)}${status.quota === null ? '' : ` of ${formatBytes(status.quota)}`}`,
      );
      if (status.partial > 0) session.line(`${status.partial} unfinished downloads that can be resumed`);
      if (status.pinned > 0) session.line(`${status.pinned} pins`);
    }
    return 0;
  },
};

export const cacheVerify: Command = {
  name: 'cache verify',
  summary: 'hash every blob again; bad ones are set aside',
  positionals: { min: 0, max: 0 },
  run: async ({ session }) => {
    const result = await session.request('cache/verify', {});
    if (session.json) session.document(result);
    else {
      session.line(`${result.checked} blobs checked, ${result.bad.length} bad`);
      for (const { digest, reason } of result.bad) session.line(`  ${digest}: ${reason}`);
      if (result.bad.length > 0) session.note('Bad blobs were set aside; prefetch brings them again.');
    }
    return result.bad.length === 0 ? 0 : 1;
  },
};

export const cacheGc: Command = {
  name: 'cache gc',
  summary: 'remove what nothing needs, the longest unused first; pins and work under way are left alone',
  options: {
    max: { type: 'string', placeholder: 'SIZE', help: 'down to this size, for example 5GB (default: the quota)' },
    'dry-run': { type: 'boolean', help: 'say what would go, and remove nothing' },
  },
  positionals: { min: 0, max: 0 },
  run: async ({ values, session }) => {
    const max = text(values, 'max');
    const dryRun = flag(values, 'dry-run');
    const result = await session.request('cache/gc', {
      dryRun,
      ...(max === undefined ? {} : { maxBytes: parseBytes(max) }),
    });
    if (session.json) session.document(result);
    else
      session.line(
        `${result.removed} blobs ${dryRun ? 'would be removed' : 'removed'} (${formatBytes(result.bytes)}), ${result.kept} kept`,
      );
    return 0;
  },
};

export const cachePin: Command = {
  name: 'cache pin',
  summary: 'keep what an environment or references need from being collected',
  arguments: 'NAME PATH|REF…',
  positionals: { min: 2, max: 1000 },
  run: async ({ positionals, session }) => {
    const [name = '', ...targets] = positionals;
    const references = targets.filter((t) => t.startsWith('oci://'));
    const paths = targets.filter((t) => !t.startsWith('oci://'));
    if (paths.length > 1)
      throw new CondockError('usage', 'One environment a pin.', { hint: 'Pin the other under another name.' });
    const [path] = paths;
    const pinned = await session.request('cache/pin', {
      name,
      ...(path === undefined ? {} : { path: absolute(path, session.cwd) }),
      ...(references.length === 0 ? {} : { references }),
    });
    if (session.json) session.document(pinned);
    else session.line(`Pinned as "${pinned.name}": ${pinned.blobs} blobs.`);
    return 0;
  },
};

export const cacheUnpin: Command = {
  name: 'cache unpin',
  summary: 'the opposite of pin',
  arguments: 'NAME',
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, session }) => {
    const name = positionals[0] ?? '';
    const { removed } = await session.request('cache/unpin', { name });
    if (session.json) session.document({ name, removed });
    else session.line(removed ? `No longer pinned: "${name}".` : `There is no pin "${name}".`);
    return removed ? 0 : 1;
  },
};

export const cacheExport: Command = {
  name: 'cache export',
  summary: 'copy the store, or some references of it, as an OCI image layout',
  arguments: 'DIR [REF…]',
  positionals: { min: 1, max: 10_000 },
  run: async ({ positionals, session }) => {
    const [directory = '', ...references] = positionals;
    const result = await session.request('cache/export', {
      directory: absolute(directory, session.cwd),
      ...(references.length === 0 ? {} : { references }),
    });
    if (session.json) session.document(result);
    else session.line(`${result.blobs} blobs, ${formatBytes(result.bytes)}, in ${result.directory}`);
    return 0;
  },
};
