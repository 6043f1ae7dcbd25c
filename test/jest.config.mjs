import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

// Without .swcrc: that one rewrites `.ts` imports to `.js` for the build.
const swc = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2024',
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

function project(name, more = {}) {
  return {
    displayName: name,
    rootDir: root,
    roots: [join(root, 'test', name)],
    testMatch: ['**/*.test.ts'],
    testEnvironment: 'node',
    extensionsToTreatAsEsm: ['.ts'],
    transform: { '^.+\\.ts$': ['@swc/jest', swc] },
    ...more,
  };
}

const databases = {
  globalSetup: join(root, 'test', 'support', 'global-setup.ts'),
  globalTeardown: join(root, 'test', 'support', 'global-teardown.ts'),
};

// They kill servers under load, or listen to silence: what runs beside them would be seen.
const alone = 'test/e2e/(crash|outages|quiet)\\.test\\.ts$';

export default {
  testTimeout: 60_000,
  projects: [
    project('unit'),
    project('db', databases),
    project('contract'),
    project('model', databases),
    project('scenarios', databases),
    project('e2e', { testPathIgnorePatterns: [alone] }),
    project('alone', { roots: [join(root, 'test', 'e2e')], testRegex: alone, testMatch: undefined }),
  ],
};
