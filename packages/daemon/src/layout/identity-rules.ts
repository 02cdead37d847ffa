import type { PackageIdentity } from '../conda/types.ts';
import { illegalName } from './naming-rules.ts';
import { classifyTag } from './tags.ts';

/**
 * What both layouts ask of an identity before they spell it: no part is empty, and the parts can be told apart again
 * (`<version>-<build>` has one dash). Throws `illegal-name`.
 */
export function checkParts(identity: PackageIdentity): void {
  for (const [part, value] of [
    ['package', identity.name],
    ['version', identity.version],
    ['build', identity.build],
  ] as const) {
    if (value === '') throw illegalName(part, value, 'it is empty');
    if (part !== 'package' && value.includes('-')) {
      throw illegalName(part, value, 'it has a "-", which separates version and build (CEP 26)');
    }
  }
  // A prefix of the layout would make such a name legal in OCI, but no conda client takes it.
  if (/^[.-]/.test(identity.name)) {
    throw illegalName('package', identity.name, 'it begins with neither a letter nor a digit nor "_" (CEP 26)');
  }
}

/** Refuses a tag that everybody else reads as something other than a package. Throws `illegal-name`. */
export function checkTagMeaning(tag: string): void {
  if (classifyTag(tag).kind === 'referrers') {
    throw illegalName('tag', tag, 'it reads as the fallback tag of a referrers list');
  }
}
