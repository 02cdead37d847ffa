import { isIP } from 'node:net';
import { generate } from 'selfsigned';

export interface Certificate {
  key: string;
  /** PEM; signs itself, so it is also what a client must trust. */
  cert: string;
}

/** A certificate for loopback addresses, `localhost` and whatever else is named. Made here, so that no openssl is needed. */
export async function createCertificate(names: readonly string[] = []): Promise<Certificate> {
  const all = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '::1', 'localhost', ...names];
  const made = await generate([{ name: 'commonName', value: 'condock test registry' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: all.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })),
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}
