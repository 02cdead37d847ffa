import type { Keychain } from './keychain.ts';

/** A keychain that lives as long as the process: for tests and for those who want nothing kept. */
export function memoryKeychain(): Keychain {
  const secrets = new Map<string, string>();
  const keyOf = (service: string, account: string): string => JSON.stringify([service, account]);
  return {
    get: (service, account) => Promise.resolve(secrets.get(keyOf(service, account))),
    set: (service, account, secret) => {
      secrets.set(keyOf(service, account), secret);
      return Promise.resolve();
    },
    delete: (service, account) => Promise.resolve(secrets.delete(keyOf(service, account))),
    [Symbol.dispose]: () => secrets.clear(),
  };
}
