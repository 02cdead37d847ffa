import { showEnvironment } from '@condock/client';
import type { EnvironmentPackage } from '@condock/protocol';
import { type Command, flag, text } from '../command.ts';
import { absolute } from '../paths.ts';
import type { Session } from '../session.ts';
import { explain } from '../reasons.ts';
import { paintState, summarizeStates } from '../states.ts';
import { formatBytes } from '../terminal/amounts.ts';

export const envShow: Command = {
  name: 'env show',
  summary: 'the packages of an environment, each with its reference, digest, size and state',
  arguments: '[PATH]',
  options: {
    environment: {
      type: 'string',
      short: 'e',
      placeholder: 'NAME',
      help: 'only this environment of a workspace or lock',
    },
    platform: { type: 'string', short: 'p', placeholder: 'PLATFORM', help: 'only this platform, for example linux-64' },
    'no-check': { type: 'boolean', help: 'only what is known here; ask no registry' },
    digests: { type: 'boolean', help: 'whole digests in the table' },
  },
  positionals: { min: 0, max: 1 },
  run: async ({ positionals, values, session }) => {
    const environment = text(values, 'environment');
    const platform = text(values, 'platform');
    const client = await session.client();
    using bar = session.progressBar();
    const listing = await showEnvironment(
      client,
      {
        path: absolute(positionals[0] ?? '.', session.cwd),
        check: !flag(values, 'no-check'),
        ...(environment === undefined ? {} : { environment }),
        ...(platform === undefined ? {} : { platform }),
      },
      { signal: session.signal, onProgress: bar.report },
    );
    bar[Symbol.dispose]();
    if (session.json) {
      session.document(listing);
      return 0;
    }
    const titled = listing.environments.length > 1;
    for (const [at, one] of listing.environments.entries()) {
      if (at > 0) session.line();
      if (titled) session.line(session.colors.bold([one.name, one.platform].filter(Boolean).join(', ')));
      printPackages(one.packages, session, flag(values, 'digests'));
    }
    explain(
      listing.environments.flatMap((e) => e.packages),
      session,
    );
    if (listing.environments.length === 0) session.line(`${listing.path} (${listing.kind}) lists no packages.`);
    for (const warning of listing.warnings) session.warn(warning);
    return 0;
  },
};

function printPackages(packages: readonly EnvironmentPackage[], session: Session, wholeDigests: boolean): void {
  if (packages.length > 0)
    session.table(
      [
        { title: 'NAME', shrink: 1, least: 16 },
        { title: 'VERSION', shrink: 1 },
        { title: 'BUILD', shrink: 1, optional: 3 },
        { title: 'SIZE', align: 'right' },
        // Asked for, they stay, though the lines get longer than the terminal.
        { title: 'DIGEST', optional: wholeDigests ? 0 : 2 },
        { title: 'STATE', paint: (padded, state) => paintState(padded, state, session.colors) },
        { title: 'REFERENCE', shrink: 3, least: 24, cutFront: true, optional: 1 },
      ],
      packages.map((p) => [
        p.name,
        p.version,
        p.build,
        p.size === null ? '' : formatBytes(p.size),
        p.digest === null ? '' : wholeDigests ? p.digest : p.digest.slice(0, 'sha256:'.length + 12),
        p.state,
        p.reference?.replace(/^oci:\/\//, '') ?? p.error?.message ?? '',
      ]),
    );
  session.line(session.colors.dim(summarizeStates(packages)));
}
