export {
  createCredentials,
  type CredentialListing,
  type Credentials,
  type CredentialsParts,
  type CredentialTimeouts,
  type ImportOptions,
} from './credentials.ts';
export { formatHostKey, type HostKey, normalizeHost, readHostKey } from './host-key.ts';
export type { ImportedLogin } from './import-logins.ts';
export type { KeepWhere } from './kept/kept-index.ts';
export type { Keychain } from './keychain/keychain.ts';
export { memoryKeychain } from './keychain/memory-keychain.ts';
export { systemKeychain, type SystemKeychainParts } from './keychain/system-keychain.ts';
export { belongsTo, scopedIdentity } from './offered.ts';
export type { CredentialEntry } from './source.ts';
export { canBeSent, type Secret } from './secret.ts';
