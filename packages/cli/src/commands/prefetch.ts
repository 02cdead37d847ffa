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
      sayWhatFailed(report.failed, session);
    }
    sayOfHowMany(report.environments ?? [], environment ?? platform, session);
    if (report.failed.length === 0) return 0;
    return report.failed.length === report.requested ? 1 : 3;
  },
};

/** All of it where it goes into a file; on a terminal what can be read, and how much more there is. */
function sayWhatFailed(failed: ResultOf<'prefetch/run'>['failed'], session: Session): void {
  const most = session.terminal.canRedraw ? SHOWN_FAILURES : Infinity;
  for (const hint of new Set(failed.map((f) => f.error.hint))) {
    const same = failed.filter((f) => f.error.hint === hint);
    for (const { name, state, error } of same.slice(0, most)) {
      session.complain(`${paintState(state, state, session.colors)}  ${name}: ${error.message}`);
    }
    if (same.length > most) session.complain(`and ${same.length - most} more; --json lists them all.`);
    if (hint !== undefined) session.complain(`  ${hint}`);
  }
}

const SHOWN_FAILURES = 10;

/** A lock for four platforms is four times what somebody needs who wanted their own. */
function sayOfHowMany(
  environments: readonly { name: string; platform: string | null }[],
  narrowed: string | undefined,
  session: Session,
): void {
  if (environments.length < 2 || narrowed !== undefined) return;
  const all = environments.map(({ name, platform }) => [name, platform].filter(Boolean).join(' on '));
  const shown = all.length > SHOWN ? [...all.slice(0, SHOWN), `${all.length - SHOWN} more`] : all;
  session.note(`These were the packages of ${all.length} environments: ${shown.join(', ')}. Narrow it with -e and -p.`);
}

const SHOWN = 6;

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
