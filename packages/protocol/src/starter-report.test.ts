import { describe, expect, it } from 'vitest';
import { parseStarterReport } from './starter-report.ts';

describe('parseStarterReport', () => {
  it('reads what a daemon says', () => {
    const failed = { state: 'failed', error: { code: 'insecure', message: 'm', hint: 'h' } };
    for (const report of [{ state: 'ready' }, { state: 'attached' }, failed]) {
      expect(parseStarterReport(JSON.stringify(report))).toEqual(report);
    }
  });

  it.each(['', '{', 'null', '7', '{"state":"other"}', '{"state":"failed"}', '{"state":"failed","error":{"code":"x"}}'])(
    'reads nothing from %j',
    (text) => {
      expect(parseStarterReport(text)).toBeUndefined();
    },
  );
});
