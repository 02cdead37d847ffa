import type { PackageIdentity } from '../conda/types.ts';
import { checkParts, checkTagMeaning } from './identity-rules.ts';
import { METADATA_FILES } from './metadata-names.ts';
import { componentViolation, illegalName, illegalReference, MAX_TAG_LENGTH, tagViolation } from './naming-rules.ts';
import { classifyTag } from './tags.ts';
import type { DecodedName, EncodedName } from './types.ts';

// In the order in which the mirror applies them; decoding goes through the same pairs.
const ESCAPES = [
  ['+', '__p__'],
  ['!', '__e__'],
  ['=', '__eq__'],
] as const;

/**
 * Component and tag of a package in layout v0, as conda-oci-mirror writes them since 2022-04: a name that begins with
 * `_` gets `zzz` in front; `+`, `!` and `=` are escaped in the tag. Throws `illegal-name`, which says the rule.
 */
export function encodeName(identity: PackageIdentity): EncodedName {
  checkParts(identity);
  const component = identity.name.startsWith('_') ? `zzz${identity.name}` : identity.name;
  const violation = componentViolation(component);
  if (violation !== undefined) throw illegalName('package', identity.name, violation);
  if (METADATA_FILES.has(component)) {
    throw illegalName('package', identity.name, 'in layout v0 its repository would be that of the channel’s metadata');
  }
  const version = escape(identity.version);
  const build = escape(identity.build);
  const tag = `${version}-${build}`;
  const inVersion = tagViolation(version);
  if (inVersion !== undefined) throw illegalName('version', identity.version, inVersion);
  const inBuild = tagViolation(`-${build}`.replace('-', '_'));
  if (inBuild !== undefined) throw illegalName('build', identity.build, inBuild);
  if (tag.length > MAX_TAG_LENGTH) {
    throw illegalName('tag', tag, `it has ${tag.length} characters, and OCI tags have at most ${MAX_TAG_LENGTH}`);
  }
  checkTagMeaning(tag);
  return { component, tag, hashed: false };
}

/**
 * The identity that a component and tag stand for. A hint: v0 has no exact inverse (`_foo` and `zzz_foo`, `a+b` and
 * `a__p__b` share a spelling), so the manifest's index layer decides. Throws `illegal-reference`.
 */
export function decodeName(component: string, tag: string): DecodedName {
  const violation = componentViolation(component);
  if (violation !== undefined) throw illegalReference(component, violation);
  if (METADATA_FILES.has(component)) throw illegalReference(component, 'it is the repository of channel metadata');
  const { kind } = classifyTag(tag);
  const [version, build, ...more] = tag.split('-');
  if (kind !== 'package' || version === undefined || build === undefined || more.length > 0) {
    throw illegalReference(tag, 'a package tag of layout v0 is a version and a build joined by one "-"');
  }
  const name = component.startsWith('zzz_') ? component.slice('zzz'.length) : component;
  return { hashed: false, identity: { name, version: unescape(version), build: unescape(build) } };
}

const escape = (text: string): string =>
  ESCAPES.reduce((done, [character, code]) => done.replaceAll(character, code), text);

const unescape = (text: string): string =>
  ESCAPES.reduce((done, [character, code]) => done.replaceAll(code, character), text);
