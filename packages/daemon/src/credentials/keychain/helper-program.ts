/**
 * The program of the helper process (`node -e`, with the path of keytar as its argument): reads requests as lines of JSON from
 * standard input, answers them as lines of JSON, ends with its input. Secrets pass through pipes only.
 *
 * A process of its own, because keytar's calls block threads of libuv: one that hangs can't be taken back, and neither
 * `worker.terminate()` nor `process.exit()` ends while it does. A process can be killed.
 */
export const HELPER_PROGRAM = `
'use strict';
const path = require('node:path');
let keytar;
let broken;
try {
  const loaded = require(process.argv[1]);
  keytar = loaded.default ?? loaded;
} catch (error) {
  broken = error;
  try {
    // keytar keeps the linker's reason to itself.
    require(path.join(path.dirname(process.argv[1]), '..', 'prebuilds', process.platform + '-' + process.arch, 'keytar.node'));
  } catch (reason) {
    if (reason.code === 'ERR_DLOPEN_FAILED') broken = reason;
  }
}
const actions = {
  get: (r) => keytar.getPassword(r.service, r.account),
  set: (r) => keytar.setPassword(r.service, r.account, r.secret),
  delete: (r) => keytar.deletePassword(r.service, r.account),
};
const answer = (document) => process.stdout.write(JSON.stringify(document) + '\\n');
const handle = async (request) => {
  try {
    if (keytar === undefined) throw broken;
    answer({ id: request.id, value: (await actions[request.action](request)) ?? null });
  } catch (error) {
    answer({ id: request.id, error: ((error.code ? error.code + ': ' : '') + error.message).split('\\n', 1)[0] });
  }
};
require('node:readline')
  .createInterface({ input: process.stdin })
  .on('line', (line) => void handle(JSON.parse(line)));
// Whoever asked is gone. An ordinary exit would wait for a call that hangs.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));
`;
