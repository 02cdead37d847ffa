import type { Keychain } from './keychain/keychain.ts';
import type { CredentialPlaces, SecretPlace } from './places.ts';
import type { Source } from './source.ts';
import { containerAuthSource, type ContainerAuthParts } from './sources/container-auth.ts';
import { netrcSource } from './sources/netrc-file.ts';
import { pixiOverrideSource } from './sources/pixi-override.ts';
import { rattlerFileSource } from './sources/rattler-file.ts';
import {
  rattlerKeychainSource,
  readNothingOnWindows,
  type ReadRattlerEntry,
  readThroughKeychain,
  readThroughSecretTool,
} from './sources/rattler-keychain.ts';

export interface ComposeSourcesParts extends ContainerAuthParts {
  places: CredentialPlaces;
  homedir: string;
  keychain: Keychain;
  isAbsolute: (path: string) => boolean;
  usesPixi: () => boolean;
  keychainTimeoutMs: number;
}

/**
 * Other tools' sources, the strongest first: files that the environment names, pixi's override file, podman's and docker's files,
 * rattler's keychain entries, rattler's file, netrc. After the last one comes anonymous. None of them lies in a project.
 */
export function composeSources(parts: ComposeSourcesParts): Source[] {
  const { places } = parts;
  const rattler = (at: SecretPlace[]): Source[] => at.map((place) => rattlerFileSource(parts, place));
  const containers = (tool: 'docker' | 'podman', at: SecretPlace[]): Source[] =>
    at.map((place) => containerAuthSource(parts, { ...place, tool }));
  return [
    ...rattler(places.rattlerNamed),
    ...containers('podman', places.podmanNamed),
    ...containers('docker', places.dockerNamed),
    pixiOverrideSource(parts, { ...parts, configs: places.pixiConfigs }),
    ...containers('podman', places.podman),
    ...containers('docker', places.docker),
    rattlerKeychainSource({ ...parts, read: rattlerKeychainReader(parts), answerMs: parts.helperAnswerMs }),
    ...rattler(places.rattler),
    ...places.netrc.map((place) => netrcSource(parts, place)),
  ];
}

function rattlerKeychainReader(parts: ComposeSourcesParts): ReadRattlerEntry {
  switch (parts.platform) {
    case 'darwin':
      return readThroughKeychain(parts.keychain);
    case 'win32':
      return readNothingOnWindows(parts.usesPixi);
    default:
      return readThroughSecretTool({ ...parts, timeoutMs: parts.keychainTimeoutMs, isUsed: parts.usesPixi });
  }
}
