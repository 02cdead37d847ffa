import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { CondockError } from '@condock/protocol';

export interface TrustOptions {
  /** PEM texts that are trusted beside the public authorities. */
  ca?: string | readonly string[] | undefined;
  /** `NODE_EXTRA_CA_CERTS` and `SSL_CERT_FILE` name PEM files that are trusted too. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  readFile?: (path: string) => string;
}

const VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const;

/**
 * Whom TLS connections trust: Node's own list, and what the user added. Undefined where nothing was added (then Node's
 * defaults hold). Throws `config-invalid` for files that can't be read or hold no certificate: to go on without them would
 * end in a certificate error that explains nothing.
 */
export function trustedAuthorities(options: TrustOptions): string[] | undefined {
  const readFile = options.readFile ?? ((path) => readFileSync(path, 'utf8'));
  const added = [options.ca ?? []].flat();
  for (const variable of VARIABLES) {
    const path = options.env?.[variable];
    if (path === undefined || path === '') continue;
    added.push(readCertificates(path, variable, readFile));
  }
  return added.length === 0 ? undefined : [...rootCertificates, ...added];
}

/** One context for all connections: parsing the authorities costs milliseconds. Throws as `trustedAuthorities`. */
export function createTrust(options: TrustOptions): SecureContext {
  const ca = trustedAuthorities(options);
  return createSecureContext(ca === undefined ? {} : { ca });
}

function readCertificates(path: string, variable: string, readFile: (path: string) => string): string {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw new CondockError('config-invalid', `${variable} names ${path}, which can't be read.`, {
      hint: `Correct ${variable} or take it out of the environment.`,
      cause: error,
    });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----') || text.includes('-----BEGIN TRUSTED CERTIFICATE-----')) return text;
  throw new CondockError('config-invalid', `${variable} names ${path}, which holds no PEM certificate.`, {
    hint: 'The file must have lines that read -----BEGIN CERTIFICATE-----.',
  });
}
