import { CondockError } from '@condock/protocol';
import { type Command, text } from '../command.ts';
import { absolute } from '../paths.ts';

export const registryServe: Command = {
  name: 'registry serve',
  summary: 'a small OCI registry over a directory, on loopback, until interrupted',
  arguments: 'DIRECTORY',
  options: {
    port: { type: 'string', placeholder: 'PORT', help: 'default: any free one' },
    host: { type: 'string', placeholder: 'ADDRESS', help: 'a loopback address (default 127.0.0.1)' },
  },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, values, session }) => {
    const port = Number(text(values, 'port') ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new CondockError('usage', `"${text(values, 'port') ?? ''}" is no port.`, { hint: 'A port is 1 to 65535.' });
    }
    const { startRegistry } = await import('@condock/daemon');
    const host = text(values, 'host');
    const registry = await startRegistry({
      directory: absolute(positionals[0] ?? '', session.cwd),
      port,
      ...(host === undefined ? {} : { host }),
    });
    if (session.json) session.document({ host: registry.host, url: registry.url });
    else session.line(`Serving ${registry.url}`);
    session.note(`Publish to it: condock publish FILE --to oci://${registry.host}/CHANNEL. End it with Ctrl-C.`);
    try {
      await new Promise<void>((resolve) => {
        if (session.signal.aborted) resolve();
        else session.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      await registry.stop();
    }
    return 0;
  },
};
