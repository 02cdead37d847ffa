import { redact } from '@condock/protocol';
import { readLines } from '../stdin.ts';
import { type Command, flag, text } from '../command.ts';
import { layoutOption, parseLayout } from '../layout-option.ts';

export const ref: Command = {
  name: 'ref',
  summary: 'name packages as OCI references, or read references back; asks nobody',
  arguments: '[SUBDIR/]FILENAME|URL…',
  options: {
    channel: { type: 'string', short: 'c', placeholder: 'oci://…', help: 'the channel that the packages are in' },
    subdir: { type: 'string', placeholder: 'SUBDIR', help: 'for inputs that do not say theirs (default noarch)' },
    layout: layoutOption,
    decode: { type: 'boolean', help: 'the inputs are references; say what they name' },
  },
  positionals: { min: 0, max: 100_000 },
  run: async ({ positionals, values, session }) => {
    // Names by the thousand come through a pipe.
    const inputs =
      positionals.length === 0 || (positionals.length === 1 && positionals[0] === '-')
        ? await readLines(session.stdin, 'names')
        : positionals;
    const layout = parseLayout(text(values, 'layout'));
    if (flag(values, 'decode')) {
      const params = { inputs, ...(layout === undefined ? {} : { layout }) };
      const decoded = await session.request('ref/decode', params, { store: false });
      if (session.json) session.document(decoded);
      for (const one of decoded) {
        if ('error' in one) session.complain(`${redact(one.input)}: ${one.error.message}`);
        else if (one.hashed) session.line(`${one.channel}/${one.subdir}  (hashed: its manifest says the name)`);
        else session.line(`${one.channel}/${one.subdir}  ${one.name ?? ''} ${one.version ?? ''} ${one.build ?? ''}`);
      }
      return decoded.some((d) => 'error' in d) ? (decoded.every((d) => 'error' in d) ? 1 : 3) : 0;
    }
    const channel = text(values, 'channel');
    const subdir = text(values, 'subdir');
    const params = {
      inputs,
      ...(channel === undefined ? {} : { channel }),
      ...(subdir === undefined ? {} : { subdir }),
      ...(layout === undefined ? {} : { layout }),
    };
    const encoded = await session.request('ref/encode', params, { store: false });
    if (session.json) session.document(encoded);
    for (const one of encoded) {
      if ('error' in one)
        session.complain(
          `${redact(one.input)}: ${one.error.message}${one.error.hint === undefined ? '' : ` ${one.error.hint}`}`,
        );
      else session.line(one.reference);
    }
    return encoded.some((e) => 'error' in e) ? (encoded.every((e) => 'error' in e) ? 1 : 3) : 0;
  },
};
