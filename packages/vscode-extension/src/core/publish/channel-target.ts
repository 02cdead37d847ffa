import { t } from '../l10n.ts';

/** Says what is wrong with a channel to publish to; undefined where nothing is. The daemon has the last word. */
export function channelProblem(text: string): string | undefined {
  const value = text.trim();
  if (value === '') return t('Say where to, such as oci://ghcr.io/my-organisation/my-channel');
  if (!value.startsWith('oci://')) return t('It has to begin with oci://');
  const [host = '', ...path] = value.slice('oci://'.length).split('/');
  if (!/^(?:\[[0-9a-f:]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/i.test(host)) {
    return t('"{0}" is no host name', host);
  }
  if (path.length === 0 || path.some((part) => part === '')) return t('After the host a channel has to follow');
  return undefined;
}

/** The host of `oci://HOST/…`, or of a bare `HOST/…`; undefined where there is none. */
export function hostOf(reference: string): string | undefined {
  const host = /^(?:[a-z]+:\/\/)?([^/\s]+)/i.exec(reference.trim())?.[1];
  return host === undefined || host === '' ? undefined : host;
}

/** The channel of `oci://HOST/CHANNEL/SUBDIR/NAME:TAG`, where its layout is the usual one. */
export function channelOf(reference: string): string | undefined {
  return /^(oci:\/\/.+)\/[^/]+\/[^/]+$/.exec(reference)?.[1];
}
