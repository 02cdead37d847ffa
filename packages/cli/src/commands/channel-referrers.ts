import { CondockError } from '@condock/protocol';
import { type Command, text, texts } from '../command.ts';
import { absolute } from '../paths.ts';
import { formatBytes } from '../terminal/amounts.ts';

export const channelAttach: Command = {
  name: 'channel attach',
  summary: 'attach a file (attestation, SBOM) to a package as a referrer',
  arguments: 'REF FILE',
  options: {
    'media-type': { type: 'string', placeholder: 'TYPE', help: 'what the file is, for example application/spdx+json' },
    'artifact-type': { type: 'string', placeholder: 'TYPE', help: 'default: the media type' },
    annotation: { type: 'string', multiple: true, placeholder: 'KEY=VALUE', help: 'may be repeated' },
  },
  positionals: { min: 2, max: 2 },
  run: async ({ positionals, values, session }) => {
    const [reference = '', file = ''] = positionals;
    const mediaType = text(values, 'media-type');
    if (mediaType === undefined)
      throw new CondockError('usage', 'The media type of the file is not given.', {
        hint: 'Example: --media-type application/spdx+json',
      });
    const artifactType = text(values, 'artifact-type');
    const attached = await session.request('channel/attach', {
      reference,
      file: absolute(file, session.cwd),
      mediaType,
      ...(artifactType === undefined ? {} : { artifactType }),
      annotations: Object.fromEntries(texts(values, 'annotation').map(parseAnnotation)),
    });
    if (session.json) session.document(attached);
    else session.line(`Attached ${attached.digest} to ${attached.subject} (${attached.via}).`);
    return 0;
  },
};

export const channelReferrers: Command = {
  name: 'channel referrers',
  summary: 'what is attached to a package',
  arguments: 'REF',
  options: { 'artifact-type': { type: 'string', placeholder: 'TYPE', help: 'only this type' } },
  positionals: { min: 1, max: 1 },
  run: async ({ positionals, values, session }) => {
    const artifactType = text(values, 'artifact-type');
    const found = await session.request('channel/referrers', {
      reference: positionals[0] ?? '',
      ...(artifactType === undefined ? {} : { artifactType }),
    });
    if (session.json) session.document(found);
    else if (found.referrers.length === 0) session.line(`Nothing is attached to ${found.subject}.`);
    else {
      session.table(
        [
          { title: 'TYPE', shrink: 1 },
          { title: 'SIZE', align: 'right' },
          { title: 'DIGEST', shrink: 1 },
        ],
        found.referrers.map((r) => [r.artifactType ?? r.mediaType, formatBytes(r.size), r.digest]),
      );
    }
    return 0;
  },
};

function parseAnnotation(pair: string): [string, string] {
  const at = pair.indexOf('=');
  if (at < 1) throw new CondockError('usage', `"${pair}" is no annotation.`, { hint: 'Write it KEY=VALUE.' });
  return [pair.slice(0, at), pair.slice(at + 1)];
}
