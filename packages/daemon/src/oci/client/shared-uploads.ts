import { isCancellation } from '@condock/protocol';
import { SingleFlight } from '../../system/single-flight.ts';
import { connectionError } from '../failures.ts';
import type { RegistryClient, UploadResult } from '../registry-client.ts';
import { where } from './needs.ts';

type UploadBlob = RegistryClient['uploadBlob'];

/**
 * One upload per blob, repository and identity, however many packages bring it at once (the config of all of them is `{}`): the
 * others wait and find it present. Beside the bytes that this saves, docker-registry truncates and rewrites the link of a blob that
 * is committed twice, and refuses manifests that name the blob meanwhile. Who waits in vain uploads a copy of its own.
 */
export function shareUploads(upload: UploadBlob): UploadBlob {
  const flights = new SingleFlight<UploadResult>();
  return async (repository, source, options = {}) => {
    if (source.digest === undefined) return upload(repository, source, options);
    const { signal, identity = '', onProgress } = options;
    const caller = { leads: false };
    const lead = (shared: AbortSignal): Promise<UploadResult> => {
      caller.leads = true;
      // The upload goes on for others when the one that began it has gone, who then wants to hear nothing more.
      const tell = (sent: number): void => {
        if (signal?.aborted !== true) onProgress?.(sent);
      };
      return upload(repository, source, { ...options, signal: shared, onProgress: tell });
    };
    const key = JSON.stringify([repository.host, repository.name, source.digest, identity]);
    try {
      const result = await flights.run(key, lead, signal);
      return caller.leads ? result : { ...result, moved: 'present' };
    } catch (error) {
      if (signal?.aborted === true) {
        const doing = `upload ${source.digest} to ${where(repository)}`;
        throw connectionError({ host: repository.host, doing }, error, signal);
      }
      if (caller.leads || isCancellation(error)) throw error;
      return upload(repository, source, options);
    }
  };
}
