import packageJson from '../../package.json' with { type: 'json' };

/** Condock's version; every package of the workspace carries the same. */
export const VERSION: string = packageJson.version;
