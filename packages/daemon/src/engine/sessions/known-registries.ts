export type Capability = 'yes' | 'no' | 'unknown';

/** What is asked of every registry. */
export const CAPABILITIES = [
  'login',
  'pull',
  'push',
  'create-on-push',
  'mount',
  'referrers',
  'delete',
  'deep-names',
] as const;
export type CapabilityName = (typeof CAPABILITIES)[number];

export interface KnownRegistry {
  name: string;
  /** What is known without asking; what a probe finds out goes before it. */
  facts: Partial<Record<CapabilityName, Capability>>;
  /** What its users should know, in plain words. */
  notes: string[];
}

const KNOWN: readonly (KnownRegistry & { hosts: RegExp })[] = [
  {
    hosts: /^ghcr\.io$/,
    name: 'GitHub Container Registry',
    facts: { 'create-on-push': 'yes', referrers: 'no', delete: 'no', 'deep-names': 'yes' },
    notes: [
      'New packages are private; visibility and the link to a repository are set on GitHub.',
      'It takes classic tokens (read:packages, write:packages) and GITHUB_TOKEN, not fine-grained ones.',
      'A repository that does not exist and one that is private look the same (403).',
      "Manifests are deleted through GitHub's own API only.",
    ],
  },
  {
    hosts: /^(docker\.io|index\.docker\.io|registry-1\.docker\.io)$/,
    name: 'Docker Hub',
    facts: { 'create-on-push': 'yes', referrers: 'yes', 'deep-names': 'no' },
    notes: [
      'Names have two levels only, so that a conda channel does not fit in. Too many levels are answered with a 401.',
    ],
  },
  {
    hosts: /(^|\.)gitlab\./,
    name: 'GitLab',
    facts: { 'create-on-push': 'yes', 'deep-names': 'no' },
    notes: [
      'At most two levels fit below a project, so that a conda channel fits directly below one and no deeper.',
      'A name of the wrong depth is answered with "insufficient_scope".',
    ],
  },
  {
    hosts: /^public\.ecr\.aws$/,
    name: 'Amazon ECR Public',
    facts: { 'create-on-push': 'no' },
    notes: ['Repositories must exist before a push. Tokens that have expired are answered with a 400.'],
  },
  {
    hosts: /\.dkr[.-]ecr([.-]fips)?\.[a-z0-9-]+\.(amazonaws\.com(\.cn)?|on\.aws)$/,
    name: 'Amazon ECR',
    facts: { referrers: 'yes', 'deep-names': 'yes' },
    notes: [
      'Passwords hold for twelve hours ("aws ecr get-login-password"); the helper docker-credential-ecr-login makes new ones.',
      'Repositories are created on push only where a repository creation template says so.',
      'Pull-through repositories know a blob only after its manifest was read.',
    ],
  },
  {
    hosts: /\.azurecr\.(io|cn|us)$/,
    name: 'Azure Container Registry',
    facts: { 'create-on-push': 'yes', referrers: 'yes', 'deep-names': 'yes' },
    notes: ['Its logins are refresh tokens; "az acr login" writes one into docker\'s configuration.'],
  },
  {
    hosts: /(^|\.)harbor\./,
    name: 'Harbor (by its name)',
    facts: { referrers: 'yes', 'deep-names': 'yes' },
    notes: ['The project (first segment) must exist. Names of robot accounts hold a "$": quote them in a shell.'],
  },
  {
    hosts: /(\.jfrog\.io$)|((^|\.)artifactory\.)/,
    name: 'Artifactory (by its name)',
    facts: { 'deep-names': 'yes' },
    notes: ['The first segment, or the sub-domain, is the key of an Artifactory repository, which must exist.'],
  },
  {
    hosts: /^quay\.io$/,
    name: 'Quay',
    facts: {},
    notes: ['New repositories are private. Names of robot accounts hold a "+".'],
  },
];

/** What is known of a host by its name alone; a registry under a name of its own is nobody's. */
export function knownRegistry(host: string): KnownRegistry | undefined {
  const name = host.toLowerCase().replace(/:\d+$/, '');
  return KNOWN.find((known) => known.hosts.test(name));
}
