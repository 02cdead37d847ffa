import { CondockError } from '@condock/protocol';
import { describe, expect, it } from 'vitest';
import { createPatience } from './patience.ts';

const silence = new CondockError('unreachable', 'Nothing listens there.');

describe('createPatience', () => {
  it('runs out after so many silences in a row, and says what the last was', () => {
    const patience = createPatience(3);
    for (let n = 0; n < 3; n += 1) {
      patience.check();
      patience.failed(silence);
    }
    expect(() => patience.check()).toThrow(silence);
  });

  it('is not tried by failures of other kinds, nor by silences that an answer came between', () => {
    const patience = createPatience(2);
    for (let n = 0; n < 3; n += 1) {
      patience.failed(silence);
      patience.failed(new CondockError('denied', 'Not for you.'));
      patience.answered();
    }
    expect(() => patience.check()).not.toThrow();
  });
});
