import { describe, expect, it } from 'vitest';
import { asCallerSees, discoveryVariables } from './discovery-variables.ts';

describe("a caller's variables", () => {
  it('are those that say where environments are, and no other', () => {
    expect(discoveryVariables({ CONDA_PREFIX: '/a', PIXI_HOME: undefined, TOKEN: 'secret' })).toEqual({
      CONDA_PREFIX: '/a',
    });
  });

  it("stand in for the daemon's, also where they are not set", () => {
    const daemon = { HOME: '/h', CONDA_PREFIX: '/old', PIXI_HOME: '/p' };
    expect(asCallerSees(daemon, { CONDA_EXE: '/c', HOME: '/other' })).toEqual({ HOME: '/h', CONDA_EXE: '/c' });
    expect(asCallerSees(daemon, undefined)).toBe(daemon);
  });
});
