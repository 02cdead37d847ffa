import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CondockError } from './errors.ts';
import { PROTOCOL_VERSION } from './limits.ts';
import type { ParamsOf, ResultOf } from './methods/index.ts';
import { proofText } from './rendezvous.ts';

/** HMAC-SHA-256 in hex over a proof text. The key is the token's 64 hex digits as ASCII text, not what they decode to. */
export function proof(token: string, text: string): string {
  return createHmac('sha256', token).update(text).digest('hex');
}

/** Compares two proofs in a time that tells nothing about where they differ. */
export function sameProof(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** 32 random bytes in hex, for tokens and challenges. */
export function randomHex(): string {
  return randomBytes(32).toString('hex');
}

export interface ClientHandshake {
  token: string;
  client: { name: string; version: string };
  initialize: (params: ParamsOf<'initialize'>) => Promise<ResultOf<'initialize'>>;
  authenticate: (params: ParamsOf<'authenticate'>) => Promise<unknown>;
}

/**
 * The client's side: asks for the daemon's proof, checks it, gives its own. Rejects with `insecure` where what answers
 * can't read the registration file; nothing but random bytes has been said to it by then.
 */
export async function clientHandshake(options: ClientHandshake): Promise<ResultOf<'initialize'>> {
  const nonce = randomHex();
  const answer = await options.initialize({ protocol: { ...PROTOCOL_VERSION }, client: options.client, nonce });
  const expected = proof(options.token, proofText.daemon(nonce, answer.nonce));
  if (typeof answer.proof !== 'string' || !sameProof(answer.proof, expected)) {
    throw new CondockError('insecure', "What answers at the daemon's address does not know the daemon's secret.", {
      hint: 'Stop the program that listens there, or remove the registration files in the runtime directory.',
    });
  }
  await options.authenticate({ proof: proof(options.token, proofText.client(answer.nonce, nonce)) });
  return answer;
}
