import { createHash } from 'node:crypto';
import type { PackageIdentity } from '../conda/types.ts';
import { checkParts, checkTagMeaning } from './identity-rules.ts';
import { componentViolation, illegalName, illegalReference, MAX_TAG_LENGTH, tagViolation } from './naming-rules.ts';
import { classifyTag } from './tags.ts';
import type { DecodedName, EncodedName } from './types.ts';

/** Longest component that is spelled out (draft of layout v1); a longer one is hashed. */
const MAX_COMPONENT_LENGTH = 64;

const CODES = { _: '_', P: '+', N: '!' } as const;

/**
 * Component and tag of a package by the draft of layout v1 (conda/ceps pull request 115): `c` and the name; `_`, `+`
 * and `!` of version and build escaped as `__`, `_P`, `_N`; both replaced by `h` and a SHA-256 where one is too long.
 * Throws `illegal-name`, which says the rule; characters are judged before hashing, so a hash never hides them.
 */
export function encodeName(identity: PackageIdentity): EncodedName {
  checkParts(identity);
  const component = `c${identity.name}`;
  const violation = componentViolation(component);
  if (violation !== undefined) throw illegalName('package', identity.name, violation);
  const tag = `${escape('version', identity.version)}-${escape('build', identity.build)}`;
  checkTagMeaning(tag);
  return component.length > MAX_COMPONENT_LENGTH || tag.length > MAX_TAG_LENGTH
    ? { component: hash(component), tag: hash(tag), hashed: true }
    : { component, tag, hashed: false };
}

/**
 * The exact inverse of `encodeName`; for hashed names only that they are. Reads escapes from left to right, which is what
 * makes it exact: undoing the replacements one after the other, as the draft words it, is not. Throws `illegal-reference`
 * for what no v1 encoder writes.
 */
export function decodeName(component: string, tag: string): DecodedName {
  const componentHashed = /^h[0-9a-f]{64}$/.test(component);
  const { kind } = classifyTag(tag);
  if (componentHashed !== (kind === 'hashed')) {
    throw illegalReference(`${component}:${tag}`, 'layout v1 hashes repository and tag together or not at all');
  }
  if (componentHashed) return { hashed: true };
  if (!/^c[^.-]/.test(component)) {
    throw illegalReference(component, 'a package repository of layout v1 is "c" and a name, or "h" and a SHA-256');
  }
  const [version, build, ...more] = tag.split('-');
  if (kind !== 'package' || version === undefined || build === undefined || more.length > 0) {
    throw illegalReference(tag, 'a package tag of layout v1 is a version and a build joined by one "-"');
  }
  const identity = { name: component.slice(1), version: unescape(version, tag), build: unescape(build, tag) };
  const violation = componentViolation(component);
  if (violation !== undefined) throw illegalReference(component, violation);
  if (component.length > MAX_COMPONENT_LENGTH || tag.length > MAX_TAG_LENGTH) {
    throw illegalReference(`${component}:${tag}`, 'layout v1 hashes names of this length');
  }
  return { hashed: false, identity };
}

function escape(part: 'version' | 'build', text: string): string {
  if (text.includes('=')) throw illegalName(part, text, 'layout v1 has no spelling for "=" (CEP 26 forbids it)');
  const escaped = text.replace(/[_+!]/g, (character) => (character === '_' ? '__' : character === '+' ? '_P' : '_N'));
  // A build stands behind the dash, where a tag may have any of its characters.
  const violation = tagViolation(part === 'build' ? `_${escaped}` : escaped);
  if (violation !== undefined) throw illegalName(part, text, violation);
  return escaped;
}

function unescape(text: string, tag: string): string {
  return text.replace(/_(.?)/g, (sequence, code: string) => {
    if (code in CODES) return CODES[code as keyof typeof CODES];
    throw illegalReference(
      tag,
      code === '' ? 'it has a "_" that escapes nothing' : `"${sequence}" is no escape of layout v1 (__, _P, _N)`,
    );
  });
}

const hash = (text: string): string => `h${createHash('sha256').update(text).digest('hex')}`;
