import { CondockError, isCancellation, type LayerRole, type ParamsOf, type ResultOf } from '@condock/protocol';
import { type Command, text } from '../command.ts';
import { absolute } from '../paths.ts';
import type { Session } from '../session.ts';
import { paintState } from '../states.ts';
import { formatBytes, formatSeconds } from '../terminal/amounts.ts';

const ROLES: readonly LayerRole[] = ['package', 'info', 'index'];

export const prefetch: Command = {
  name: 'prefetch',
  summary: 'bring exactly the packages of an environment, or those named, into the store, verified',
  arguments: '[PATH | REF…]',
  options: {
    environment: {
      type: 'string',
      short: 'e',
      placeholder: 'NAME',
      help: 'only this environment of a workspace or lock',
    },
    platform: { type: 'string', short: 'p', placeholder: 'PLATFORM', help: 'only this platform, for example linux-64' },
    layers: { type: 'string', placeholder: 'ROLES', help: 'of package,info,index (default package)' },
  },
  positionals: { min: 0, max: 100_000 },
  run: async ({ positionals, values, session }) => {
    const environment = text(values, 'environment');
    const platform = text(values, 'platform');
    const layers = parseLayers(text(values, 'layers'));
    const references = positionals.filter(isUrl);
    const paths = positionals.filter((p) => !isUrl(p));
    if (paths.length > 1) {
      throw new CondockError('usage', 'One environment at a time.', {
        hint: `Prefetch ${paths[1] ?? ''} with a command of its own.`,
      });
    }
    const path = paths[0] ?? (references.length === 0 ? '.' : undefined);
    const report = await prefetchOrSayWhatStays(session, {
      ...(path === undefined ? {} : { path: absolute(path, session.cwd) }),
      ...(references.length === 0 ? {} : { references }),
      ...(environment === undefined ? {} : { environment }),
      ...(platform === undefined ? {} : { platform }),
      ...(layers === undefined ? {} : { layers }),
    });
    if (session.json) session.document(report);
    else {
      const rate =
        report.seconds > 0 && report.bytes > 0 ? `, ${formatBytes(Math.round(report.bytes / report.seconds))}/s` : '';
      session.line(
        `${report.fetched} fetched, ${report.cached} ${report.cached === 1 ? 'was' : 'were'} there already${report.failed.length > 0 ? `, ${report.failed.length} not available` : ''}: ` +
          `${formatBytes(report.bytes)} in ${formatSeconds(report.seconds)}${rate}`,
      );
      for (const hint of new Set(report.failed.map((f) => f.error.hint))) {
        for (const { name, state, error } of report.failed.filter((f) => f.error.hint === hint)) {
          session.complain(`${paintState(state, state, session.colors)}  ${name}: ${error.message}`);
        }
        if (hint !== undefined) session.complain(`  ${hint}`);
      }
    }
    if (report.failed.length === 0) return 0;
    return report.failed.length === report.requested ? 1 : 3;
  },
};

async function prefetchOrSayWhatStays(
  session: Session,
  params: ParamsOf<'prefetch/run'>,
): Promise<ResultOf<'prefetch/run'>> {
  try {
    return await session.request('prefetch/run', params);
  } catch (error) {
    if (isCancellation(error)) session.note('What came so far is kept: the same command goes on from there.');
    throw error;
  }
}

const isUrl = (textual: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(textual);

function parseLayers(value: string | undefined): LayerRole[] | undefined {
  if (value === undefined) return undefined;
  return value.split(',').map((part) => {
    const role = ROLES.find((r) => r === part.trim());
    if (role === undefined)
      throw new CondockError('usage', `"${part}" is no layer.`, { hint: `Layers are ${ROLES.join(', ')}.` });
    return role;
  });
}
