import { CondockError } from '@condock/protocol';

/** What a name part is, in the words of an error message. */
export type NamePart = 'package' | 'version' | 'build' | 'channel' | 'subdir' | 'label' | 'tag' | 'reference';

/** Longest tag of the OCI distribution-spec, in characters. */
export const MAX_TAG_LENGTH = 128;
/** Longest `host/name` that common clients take, in characters (distribution-spec v1.1, "Pulling manifests"). */
export const MAX_REPOSITORY_LENGTH = 255;

const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;

/** Shows any string so that blanks, control characters and empty strings can be seen. */
export const quote = (text: string): string => JSON.stringify(text);

/**
 * Says which rule keeps a string from being one path component of an OCI repository name (distribution-spec v1.1);
 * undefined where none does. Length is no part of it.
 */
export function componentViolation(component: string): string | undefined {
  if (COMPONENT.test(component)) return undefined;
  if (component === '') return 'it is empty';
  if (/[A-Z]/.test(component)) return 'it has upper-case letters, and OCI repository names are lower-case';
  const foreign = /[^a-z0-9._-]/u.exec(component)?.[0];
  if (foreign !== undefined) {
    return `it has the character ${quote(foreign)}, and OCI repository names consist of a-z, 0-9, ".", "_" and "-"`;
  }
  if (/^[._-]/.test(component)) return `it begins with ${quote(component.charAt(0))}, not with a letter or digit`;
  if (/[._-]$/.test(component)) return `it ends with ${quote(component.slice(-1))}, not with a letter or digit`;
  const joint = [...component.matchAll(/[._-]+/g)].find(([text]) => !/^(?:\.|__?|-+)$/.test(text))?.[0] ?? '';
  return `its parts are joined by ${quote(joint)}; OCI repository names allow one ".", one or two "_", or any number of "-"`;
}

/** Says which character keeps a string from being an OCI tag; undefined where none does. Length is no part of it. */
export function tagViolation(tag: string): string | undefined {
  if (tag === '') return 'it is empty';
  const foreign = /[^A-Za-z0-9._-]/u.exec(tag)?.[0];
  if (foreign !== undefined) {
    return `it has the character ${quote(foreign)}, and OCI tags consist of letters, digits, ".", "_" and "-"`;
  }
  if (/^[.-]/.test(tag))
    return `it begins with ${quote(tag.charAt(0))}, and OCI tags begin with a letter, a digit or "_"`;
  return undefined;
}

/** The refusal of a name that has no legal OCI spelling. Names are never changed to make them fit. */
export function illegalName(part: NamePart, value: string, rule: string): CondockError {
  return new CondockError('illegal-name', `The ${part} ${quote(value)} cannot be named in an OCI registry: ${rule}.`, {
    hint:
      part === 'channel' || part === 'label' || part === 'subdir'
        ? 'Choose another spelling; Condock never changes a name by itself.'
        : 'Only a build under another name can be stored there; Condock never changes a name by itself.',
    data: { part, rule },
  });
}

/** The refusal of a component or tag that the layout's own rules cannot have produced. */
export function illegalReference(what: string, rule: string): CondockError {
  return new CondockError('illegal-reference', `${quote(what)} does not name a conda package: ${rule}.`, {
    hint: 'Package references read oci://HOST/CHANNEL/SUBDIR/PACKAGE:VERSION-BUILD, in the spelling of the channel’s layout.',
    data: { rule },
  });
}
