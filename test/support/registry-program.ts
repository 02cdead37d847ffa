// An embedded registry in a process of its own, for tests that kill it: node registry-program DIRECTORY; prints its URL.
import { startRegistry } from '../../packages/daemon/src/http/registry/index.ts';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Which directory?');
const registry = await startRegistry({ directory });
process.stdout.write(`${registry.url}\n`);
