import { generate } from 'selfsigned';

export interface Authority {
  /** PEM: what clients must trust. */
  ca: string;
  /** PEM: what the server shows, and signs with. */
  certificate: string;
  key: string;
}

const KEY = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A company's own authority and a certificate of its for one address: a certificate that signs itself is none to rattler's TLS. */
export async function createAuthority(address: string): Promise<Authority> {
  const ca = await generate([{ name: 'commonName', value: 'condock test authority' }], {
    ...KEY,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
    ],
  });
  const made = await generate([{ name: 'commonName', value: address }], {
    ...KEY,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: address }] },
    ],
  });
  return { ca: ca.cert, certificate: made.cert, key: made.private };
}
