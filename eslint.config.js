import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// From the ground up; a file may import from its own layer and from those named before it, never from a later one.
const LAYERS = ['system', ['conda', 'oci'], 'layout', 'store', 'credentials', 'engine', 'server', 'http'].map((l) =>
  [l].flat(),
);

/** For each layer of the daemon: every folder that it must not know. conda/ and oci/ share a floor, not a door. */
const layerRules = LAYERS.flatMap((floor, at) =>
  floor.map((layer) => ({
    files: [`packages/daemon/src/${layer}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: `^\\.\\./(\\.\\./)*(${[...floor.filter((l) => l !== layer), ...LAYERS.slice(at + 1).flat(), 'main'].join('|')})(/|\\.)`,
              message: `${layer}/ must not know of that layer (ARCHITECTURE.md, "Inside the daemon").`,
            },
          ],
        },
      ],
    },
  })),
);

/** Arrows between packages: vscode-extension, cli -> client -> protocol <- daemon. */
const packageRule = (folder, forbidden) => ({
  files: [`packages/${folder}/src/**/*.ts`],
  ignores: [`packages/${folder}/src/**/*.test.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      { patterns: [{ regex: forbidden, message: 'Packages point one way only (ARCHITECTURE.md, "Packages").' }] },
    ],
  },
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'artifacts/**', '.cache/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      'no-async-promise-executor': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // `using` is for what happens at the end of the scope; the value itself is often not needed.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true, argsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400 }],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', AbortController: 'readonly' },
    },
  },
  ...layerRules,
  packageRule('protocol', '^@condock/'),
  packageRule('client', '^@condock/(daemon|cli)'),
  packageRule('daemon', '^@condock/(client|cli)'),
  packageRule('cli', '^condock$'),
);
