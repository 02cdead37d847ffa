import { Zstd } from '@hpcc-js/wasm-zstd';
import { pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import { bzip2 } from './bzip2/bzip2.ts';
import { contentOf, type PackageFile } from './spec.ts';

/** By path in the archive. */
export type Members = readonly (readonly [string, PackageFile])[];

/** A `.tar.bz2` package: info first, then what is installed. */
export async function tarBz2(info: Members, files: Members, timestamp: number): Promise<Uint8Array> {
  return bzip2(await tar([...info, ...files], timestamp));
}

/** A `.conda` package (CEP 35): a zip with three stored members, two of them zstd-compressed tars. */
export async function condaZip(stem: string, info: Members, files: Members, timestamp: number): Promise<Uint8Array> {
  const zstd = await Zstd.load();
  const zip = new ZipFile();
  const add = (name: string, bytes: Uint8Array): void => {
    // A local date in plain DOS form: the same bytes in every time zone.
    zip.addBuffer(Buffer.from(bytes), name, {
      compress: false,
      mtime: new Date(1980, 0, 1),
      forceDosTimestamp: true,
      mode: 0o100644,
    });
  };
  add('metadata.json', Buffer.from('{"conda_pkg_format_version": 2}'));
  // The payload may be megabytes of noise: level 19 would take seconds for nothing.
  add(`pkg-${stem}.tar.zst`, zstd.compress(await tar(files, timestamp), 3));
  add(`info-${stem}.tar.zst`, zstd.compress(await tar(info, timestamp), 19));
  zip.end();
  return collect(zip.outputStream);
}

async function tar(members: Members, timestamp: number): Promise<Uint8Array> {
  const archive = pack();
  const common = { mtime: new Date(timestamp), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  for (const [name, file] of members) {
    if (typeof file === 'object' && 'link' in file) {
      archive.entry({ ...common, name, type: 'symlink', linkname: file.link, mode: 0o777 });
      continue;
    }
    const executable = typeof file === 'object' && 'executable' in file && file.executable;
    archive.entry({ ...common, name, mode: executable ? 0o755 : 0o644 }, contentOf(file));
  }
  archive.finalize();
  return collect(archive);
}

async function collect(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
