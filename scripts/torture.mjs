// `npm run torture`: what CI does ten times with kill -9, fifty times. CONDOCK_TORTURE_ROUNDS says another number.
process.env.CONDOCK_TORTURE_ROUNDS ??= '50';
process.argv.push('torture');
await import('./test-real.mjs');
