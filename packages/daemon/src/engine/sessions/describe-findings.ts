import type { Credential } from '../../oci/auth/credential-source.ts';
import type { AuthScheme } from './auth-scheme.ts';
import type { Capability } from './known-registries.ts';

export interface Findings {
  host: string;
  auth: AuthScheme;
  /** Of `/v2/`, with the credential where there is one. */
  status: number;
  credential: Credential | undefined;
  capabilities: Readonly<Record<string, Capability>>;
  repository: string | undefined;
}

const AUTH: Record<AuthScheme, string> = {
  none: 'lets everyone in, without a login',
  basic: 'wants a user name and a password with every request',
  bearer: 'gives out tokens for single repositories',
  unknown: 'did not say how it wants to be logged in to',
};

const MEANINGS: Readonly<Record<string, { yes: string; no: string }>> = {
  pull: { yes: 'Pulling is allowed.', no: 'Pulling is not allowed with what is known of you.' },
  push: { yes: 'Publishing is allowed.', no: 'Publishing is not allowed with what is known of you.' },
  'create-on-push': {
    yes: 'New packages appear with their first publish.',
    no: 'Repositories must be made before something is published to them.',
  },
  mount: {
    yes: 'Blobs that another repository holds are not sent again.',
    no: 'Blobs are sent again even where another repository holds them.',
  },
  referrers: {
    yes: 'It lists attestations and other attachments itself.',
    no: 'Attestations and other attachments are listed under a fallback tag.',
  },
  delete: { yes: 'Packages can be deleted through it.', no: 'Packages can not be deleted through it.' },
  'deep-names': {
    yes: 'Names may have as many levels as a conda channel needs.',
    no: 'Names have too few levels for a conda channel.',
  },
};

/** The findings as sentences, the most important first. */
export function describeFindings(findings: Findings): string[] {
  const { host, auth, status, credential, capabilities, repository } = findings;
  const sentences = [`${host} ${AUTH[auth]} (HTTP ${status}).`];
  if (credential !== undefined && auth !== 'none') {
    const who = credential.username ?? 'a token';
    const login = `the login of ${who} (${credential.source})`;
    const sentence = {
      yes: `It takes ${login}.`,
      no: `It refuses ${login}.`,
      unknown: `A part of it is for ${login}.`,
    };
    sentences.push(sentence[capabilities.login ?? 'unknown']);
  }
  for (const [name, meaning] of Object.entries(MEANINGS)) {
    const answer = capabilities[name];
    if (answer === 'yes' || answer === 'no') sentences.push(meaning[answer]);
  }
  if (repository === undefined) sentences.push('Name a repository to find out what can be done there.');
  return sentences;
}
