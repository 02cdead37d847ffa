import { isLoopbackHost, parseHost } from '../host.ts';
import { CondockError } from '@condock/protocol';
import { connectionFailure } from './retry.ts';

/** How each registry is spoken to. */
export interface Schemes {
  /** `https://host`, or `http://host` where that is allowed. Throws `illegal-reference` for what is no host. */
  originOf(host: string): URL;
  /** True for hosts that may be spoken to without TLS. */
  mayBePlain(host: string): boolean;
  /** After a plain request: switches the host to TLS, where its answer says that it wants that. True: try again. */
  switchToTls(host: string, failure: { error: unknown } | { status: number; text: string }): boolean;
  /** TLS did not help: back to http. */
  revert(host: string): void;
  /** The host gave an answer that made sense: from now on failures are failures. */
  confirm(host: string): void;
}

export interface SchemeOptions {
  /** Hosts, with port, that the user marked for plain http. */
  insecureHosts?: readonly string[] | undefined;
}

/**
 * TLS for every registry, but for loopback (127.0.0.0/8, ::1, `localhost`) and for hosts that the user marked: these are asked
 * by http first, and by https from then on where the first answer shows a TLS server (a reset, or the sentence that Go's and
 * nginx's servers answer). Port 443 is https always. Nothing but the first, unauthorized request is ever sent in vain.
 */
export function createSchemes({ insecureHosts = [] }: SchemeOptions): Schemes {
  const insecure = new Set(insecureHosts.map((h) => h.toLowerCase()));
  const tls = new Set<string>();
  const confirmed = new Set<string>();

  const mayBePlain = (host: string): boolean => insecure.has(host) || isLoopbackHost(host);
  const isPlain = (host: string): boolean => mayBePlain(host) && !tls.has(host) && parseHost(host)?.port !== 443;

  return {
    mayBePlain: (host) => mayBePlain(host.toLowerCase()),
    originOf: (host) => {
      const lower = host.toLowerCase();
      if (parseHost(lower) === undefined) {
        throw new CondockError('illegal-reference', `${JSON.stringify(host.slice(0, 200))} is no registry host.`, {
          hint: 'Hosts read NAME or NAME:PORT.',
        });
      }
      return new URL(`${isPlain(lower) ? 'http' : 'https'}://${lower}/`);
    },
    revert: (host) => tls.delete(host.toLowerCase()),
    confirm: (host) => confirmed.add(host.toLowerCase()),
    switchToTls: (host, failure) => {
      const lower = host.toLowerCase();
      if (confirmed.has(lower) || !isPlain(lower)) return false;
      const speaksTls =
        'error' in failure
          ? isProtocolFailure(failure.error, parseHost(lower)?.port)
          : failure.status === 400 &&
            /http request (?:was sent )?to (?:an )?https|plain http request/i.test(failure.text);
      if (speaksTls) tls.add(lower);
      return speaksTls;
    },
  };
}

function isProtocolFailure(error: unknown, port: number | undefined): boolean {
  const code = connectionFailure(error) ?? '';
  return (
    code === 'ECONNRESET' ||
    code === 'UND_ERR_SOCKET' ||
    code.startsWith('HPE_') ||
    (code === 'ECONNREFUSED' && port === undefined)
  );
}
