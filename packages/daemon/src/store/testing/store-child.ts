// A process of its own on a shared store, for tests. Arguments: root, work, seed, count.
import { openStore } from '../open-store.ts';
import { childBlob, ingestWhole } from './child-blobs.ts';

const [root = '', work = '', seed = '0', count = '0'] = process.argv.slice(2);
const store = openStore({ root });

/** The same blobs in another order for each process, a reference for each, and now and then a pin. */
async function fill(): Promise<void> {
  const total = Number(count);
  for (let step = 0; step < total; step += 1) {
    const at = (step * 7 + Number(seed) * 13) % total;
    const { bytes, digest } = childBlob(at);
    if (at % 5 === 0) await ingestWhole(store, digest, bytes);
    else store.putSmall(bytes, digest);
    store.setRef(`host/blob:${at}`, { mediaType: 'application/octet-stream', digest, size: bytes.length });
    if (at % 10 === 0) store.pin(`pin-${at}`, [digest]);
    // Where nobody collects meanwhile; a blob that nothing leases may go at any moment.
    if (work === 'once' && store.has(digest) === undefined) throw new Error(`${digest} is not there`);
  }
}

if (work === 'once') {
  await fill();
  await store[Symbol.asyncDispose]();
} else {
  process.stdout.write('started\n');
  for (;;) {
    await fill();
    await store.collect({ maxBytes: 100_000 });
    for (const [name] of store.refs()) store.deleteRef(name);
  }
}
