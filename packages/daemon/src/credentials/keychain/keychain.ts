export interface KeychainCall {
  signal?: AbortSignal | undefined;
  /** A person waits for it: try again even if the keychain did not answer a moment ago. */
  insist?: boolean;
}

/**
 * The keychain of the platform. Every call ends within its time; rejections are `keychain-unavailable`, with `data.reason` (see
 * failures.ts). A locked keychain on Linux answers `get` with undefined, as if there were nothing.
 */
export interface Keychain extends Disposable {
  get(service: string, account: string, call?: KeychainCall): Promise<string | undefined>;
  set(service: string, account: string, secret: string, call?: KeychainCall): Promise<void>;
  /** False where there was nothing, or where the keychain is locked. */
  delete(service: string, account: string, call?: KeychainCall): Promise<boolean>;
}
