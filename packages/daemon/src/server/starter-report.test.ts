import { CondockError, parseStarterReport } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { failedStart, reportToStarter } from './starter-report.ts';

describe('reportToStarter', () => {
  it('says how it went in one line, once', () => {
    const env: Record<string, string | undefined> = { CONDOCK_STARTER_FD: '3' };
    const written: [number, string][] = [];
    const write = (fd: number, text: string) => void written.push([fd, text]);
    reportToStarter({ state: 'ready' }, { env, write });
    reportToStarter({ state: 'ready' }, { env, write });
    expect(written).toEqual([[3, '{"state":"ready"}\n']]);
    expect(env).toEqual({});
  });

  it('carries the error of a start that failed', () => {
    const error = new CondockError('insecure', 'No.', { hint: 'Do.' });
    const report = failedStart(error);
    expect(parseStarterReport(JSON.stringify(report))).toEqual({ state: 'failed', error: error.toJSON() });
  });

  it('does nothing where nobody asked, and survives a starter that has gone', () => {
    const write = () => {
      throw new Error('EPIPE');
    };
    expect(() => {
      reportToStarter({ state: 'ready' }, { env: {}, write });
      reportToStarter({ state: 'ready' }, { env: { CONDOCK_STARTER_FD: 'x' }, write });
      reportToStarter({ state: 'ready' }, { env: { CONDOCK_STARTER_FD: '3' }, write });
    }).not.toThrow();
  });
});
