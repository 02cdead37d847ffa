import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegistryParts } from '../../../packages/daemon/src/http/registry/start-registry.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import { askHonest, type Content, createContent } from './content.ts';
import { type HttpHost, startHttpHost } from './http-host.ts';
import type { Behaviour, SeenRequest } from './types.ts';

export interface MisbehavingRegistryOptions {
  /** A loopback address; default 127.0.0.1. Others (127.0.0.2 …) are other hosts to a client. */
  address?: string;
  /** The first is the outermost. */
  behaviours?: readonly Behaviour[];
  /** `true`: a certificate of its own, see `certificate`. */
  tls?: boolean | Certificate;
  /** Filled before it listens. */
  content?: (content: Content) => Promise<unknown>;
}

export interface MisbehavingRegistry extends AsyncDisposable {
  /** As it stands in references: `127.0.0.1:1234`. */
  readonly host: string;
  readonly url: string;
  /** What a client must trust where TLS is spoken (PEM). */
  readonly certificate: Certificate | undefined;
  readonly content: Content;
  /** In the order of arrival, with all their headers. */
  readonly requests: readonly SeenRequest[];
  /** Every byte that any client ever sent here (after TLS). */
  bytesSeen: () => Buffer;
  /** In which forms a secret arrived, if at all; [] is what one hopes for. */
  leaksOf: (secret: string, username?: string) => string[];
  /** From now on, innermost. Disposing takes it away again. */
  use(behaviour: Behaviour): Disposable;
  stop: () => Promise<void>;
}

/**
 * An honest registry (the embedded one, in a directory of its own) with behaviours around it: whatever a real registry
 * can't be made to do on command. Listens on loopback only; `stop` leaves nothing behind.
 */
export async function startMisbehavingRegistry(options: MisbehavingRegistryOptions = {}): Promise<MisbehavingRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'condock-misbehaving-'));
  const parts = await openRegistryParts(directory, Date.now, 24 * 60 * 60 * 1000);
  const content = createContent(parts);
  await options.content?.(content);
  const behaviours = [...(options.behaviours ?? [])];
  const { tls = false } = options;
  const certificate = tls === true ? await createCertificate() : tls === false ? undefined : tls;
  const removeDirectory = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const server: HttpHost = await startHttpHost({
    ...(options.address === undefined ? {} : { address: options.address }),
    certificate,
    behaviours,
    honest: async ({ method, url, headers, body }, complete) =>
      await askHonest(parts, method, url, { headers, body, broken: !complete }),
  }).catch(async (error: unknown) => {
    await removeDirectory();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeDirectory();
  };
  return {
    host: server.host,
    url: server.url,
    certificate,
    content,
    requests: server.recorder.requests,
    bytesSeen: server.recorder.bytesSeen,
    leaksOf: server.recorder.leaksOf,
    use: (behaviour) => {
      behaviours.push(behaviour);
      return { [Symbol.dispose]: () => void behaviours.splice(behaviours.indexOf(behaviour) >>> 0, 1) };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
