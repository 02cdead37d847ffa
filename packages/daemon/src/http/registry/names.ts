/** What a digest of content served here may be: the two algorithms that image-spec v1.1 (descriptor.md) registers. */
export interface ContentDigest {
  algorithm: 'sha256' | 'sha512';
  /** Lower-case hex of the right length. */
  hex: string;
  /** `algorithm:hex`. */
  text: string;
}

/** distribution-spec v1.1, "Pulling manifests". The same expression, written without nested repetition of what overlaps. */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const DIGEST = /^(?:(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128}))$/;

/** A repository is one directory with one character in front: 254 is what fits on every file system that we know. */
const LONGEST_NAME = 254;

export function isRepositoryName(text: string): boolean {
  return text.length <= LONGEST_NAME && NAME.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Undefined for what is no digest, or one of an algorithm that is not served here. */
export function parseContentDigest(text: string): ContentDigest | undefined {
  const match = DIGEST.exec(text);
  if (match === null) return undefined;
  const sha256 = match[2];
  return sha256 === undefined
    ? { algorithm: 'sha512', hex: match[4] ?? '', text }
    : { algorithm: 'sha256', hex: sha256, text };
}
