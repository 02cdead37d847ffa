import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../system/atomic-file.ts';
import { isMissing } from './content-files.ts';
import { digestFileName, digestOfFileName, repositoryFileName, repositoryOfFileName } from './file-names.ts';
import { tagFileName, tagOfFileName } from './file-names.ts';
import { type ContentDigest, parseContentDigest } from './names.ts';

/** A descriptor as referrers lists hold it (image-spec v1.1, descriptor.md). */
export interface ReferrerDescriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/**
 * What each repository holds, as small files that are there whole or not at all:
 * `repositories/<name>/{blobs/<digest>, manifests/<digest> (media type), tags/<tag> (digest), referrers/<subject>/<digest>}`.
 * Callers pass names, tags and digests that passed the grammar. Changes go through one caller at a time (registry-store.ts).
 */
export interface Repositories {
  list(): Promise<string[]>;
  exists(name: string): Promise<boolean>;
  hasBlob(name: string, digest: ContentDigest): Promise<boolean>;
  linkBlob(name: string, digest: ContentDigest): Promise<void>;
  unlinkBlob(name: string, digest: ContentDigest): Promise<void>;
  /** Media type. */
  manifest(name: string, digest: ContentDigest): Promise<string | undefined>;
  linkManifest(name: string, digest: ContentDigest, mediaType: string): Promise<void>;
  unlinkManifest(name: string, digest: ContentDigest): Promise<void>;
  tag(name: string, tag: string): Promise<ContentDigest | undefined>;
  /** Sorted by their bytes. */
  tags(name: string): Promise<string[]>;
  setTag(name: string, tag: string, digest: ContentDigest): Promise<void>;
  removeTag(name: string, tag: string): Promise<void>;
  addReferrer(name: string, subject: ContentDigest, descriptor: ReferrerDescriptor): Promise<void>;
  removeReferrer(name: string, subject: ContentDigest, digest: ContentDigest): Promise<void>;
  /** Sorted by digest. */
  referrers(name: string, subject: ContentDigest): Promise<ReferrerDescriptor[]>;
}

export function openRepositories(root: string): Repositories {
  const base = join(root, 'repositories');
  const place = (name: string, ...rest: string[]): string => join(base, repositoryFileName(name), ...rest);
  const write = async (directory: string, fileName: string, content: string): Promise<void> => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    writeFileAtomic(join(directory, fileName), content);
  };
  return {
    list: async () =>
      (await namesIn(base))
        .map(repositoryOfFileName)
        .filter((name) => name !== undefined)
        .sort(),
    exists: (name) => isThere(place(name)),
    hasBlob: (name, digest) => isThere(place(name, 'blobs', digestFileName(digest))),
    linkBlob: async (name, digest) => {
      if (await isThere(place(name, 'blobs', digestFileName(digest)))) return;
      await write(place(name, 'blobs'), digestFileName(digest), '');
    },
    unlinkBlob: (name, digest) => rm(place(name, 'blobs', digestFileName(digest)), { force: true }),
    manifest: (name, digest) => textOf(place(name, 'manifests', digestFileName(digest))),
    linkManifest: (name, digest, mediaType) => write(place(name, 'manifests'), digestFileName(digest), mediaType),
    unlinkManifest: (name, digest) => rm(place(name, 'manifests', digestFileName(digest)), { force: true }),
    tag: async (name, tag) => parseContentDigest((await textOf(place(name, 'tags', tagFileName(tag)))) ?? ''),
    tags: async (name) =>
      (await namesIn(place(name, 'tags')))
        .map(tagOfFileName)
        .filter((tag) => tag !== undefined)
        .sort(),
    setTag: (name, tag, digest) => write(place(name, 'tags'), tagFileName(tag), digest.text),
    removeTag: (name, tag) => rm(place(name, 'tags', tagFileName(tag)), { force: true }),
    addReferrer: (name, subject, descriptor) =>
      write(
        place(name, 'referrers', digestFileName(subject)),
        descriptor.digest.replace(':', '-'),
        JSON.stringify(descriptor),
      ),
    removeReferrer: (name, subject, digest) =>
      rm(place(name, 'referrers', digestFileName(subject), digestFileName(digest)), { force: true }),
    referrers: async (name, subject) => {
      const directory = place(name, 'referrers', digestFileName(subject));
      const found: ReferrerDescriptor[] = [];
      for (const fileName of (await namesIn(directory)).sort()) {
        const digest = digestOfFileName(fileName);
        // An entry is written before the manifest that it speaks of: one without the other is what a killed writer left.
        if (digest === undefined || !(await isThere(place(name, 'manifests', fileName)))) continue;
        const text = await textOf(join(directory, fileName));
        if (text !== undefined) found.push(JSON.parse(text) as ReferrerDescriptor);
      }
      return found;
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
