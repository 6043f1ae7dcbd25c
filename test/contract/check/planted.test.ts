import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Finding } from '../../support/house.ts';
import { fastSteps, home, runStep, type Verdict } from '../../support/steps.ts';
import { cleanTree } from './clean-tree.ts';

/** What is planted for one rule, and the file that the step must name with it. */
interface Plant {
  readonly rule: string;
  readonly at: string;
  readonly code: string;
  /** Files that the violation needs beside it. */
  readonly with?: Readonly<Record<string, string>>;
}

const plant = (rule: string, at: string, code: string, more: Readonly<Record<string, string>> = {}): Plant => ({
  rule,
  at,
  code,
  with: more,
});
const lines = (count: number, line: string): string => `${line}\n`.repeat(count);
const importing = (what: string): string => `import * as it from '${what}';\n\nexport const seen = it;\n`;
const leaf = 'export const leaf = 1;\n';

const work = { 'src/rooms/work.ts': 'export async function work(): Promise<number> {\n  return await Promise.resolve(1);\n}\n' };
const biome: readonly Plant[] = [
  plant('noExplicitAny', 'src/rooms/any.ts', 'export const x: any = 1;\n'),
  plant('noBarrelFile', 'src/rooms/all.ts', "export { work } from './work.ts';\n", work),
  plant('noReExportAll', 'src/rooms/star.ts', "export * from './work.ts';\n", work),
  plant(
    'noFloatingPromises',
    'src/rooms/floating.ts',
    "import { work } from './work.ts';\n\nexport function f(): void {\n  work();\n}\n",
    work,
  ),
  plant(
    'noMisusedPromises',
    'src/rooms/misused.ts',
    "import { work } from './work.ts';\n\nexport function f(): number {\n  if (work()) return 1;\n  return 2;\n}\n",
    work,
  ),
  plant('useFilenamingConvention', 'src/rooms/BadName.ts', leaf),
  plant('noParameterAssign', 'src/rooms/assign.ts', 'export function f(a: number): number {\n  a = 2;\n  return a;\n}\n'),
  plant(
    'useMaxParams',
    'src/rooms/five.ts',
    'export function f(a: number, b: number, c: number, d: number, e: number): number {\n  return a + b + c + d + e;\n}\n',
  ),
  plant('noExcessiveLinesPerFunction', 'src/rooms/long.ts', `export function f(): void {\n${lines(51, '  f();')}}\n`),
  plant('noExcessiveLinesPerFile', 'test/unit/long.ts', lines(301, 'so();')),
  plant('noDefaultExport', 'src/rooms/default.ts', 'const x = 1;\nexport default x;\n'),
  plant('noConsole', 'src/rooms/console.ts', "console.log('x');\n"),
  plant('noEnum', 'src/rooms/enum.ts', 'export enum Kind {\n  A = 1,\n}\n'),
  plant(
    'useExhaustiveSwitchCases',
    'src/rooms/switch.ts',
    "export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n      f(x);\n      break;\n  }\n}\n",
  ),
  plant('noFocusedTests', 'test/unit/only.test.ts', "test.only('one', () => f());\n"),
  plant('format', 'src/rooms/double.ts', 'export const x = "double"\n'),
  plant(
    'organizeImports',
    'src/rooms/unsorted.ts',
    "import { z } from './z.ts';\nimport { a } from './a.ts';\n\nexport const x = [a, z];\n",
  ),
];

const imports: readonly Plant[] = [
  plant('layer-admin', 'src/admin/up.ts', importing('../app.ts'), { 'src/app.ts': leaf }),
  plant('layer-commands', 'src/commands/up.ts', importing('../admin/edge.ts')),
  plant('layer-relocation', 'src/relocation/up.ts', importing('../commands/leaf.ts'), { 'src/commands/leaf.ts': leaf }),
  plant('layer-timeline', 'src/timeline/up.ts', importing('../relocation/leaf.ts'), { 'src/relocation/leaf.ts': leaf }),
  plant('layer-rooms', 'src/rooms/up.ts', importing('../timeline/lane.ts')),
  plant('layer-identity', 'src/identity/up.ts', importing('../rooms/room.store.ts')),
  plant('layer-tenancy', 'src/tenancy/up.ts', importing('../identity/leaf.ts'), { 'src/identity/leaf.ts': leaf }),
  plant('protocol-sees-only-contract', 'src/networks/xmpp/other.ts', importing('../matrix/wire.ts')),
  plant('protocol-sees-only-contract', 'src/networks/matrix/core.ts', importing('../../ops/log.ts')),
  plant('wire-xmpp', 'src/networks/xmpp/http.ts', importing('undici')),
  plant('wire-matrix', 'src/networks/matrix/stream.ts', importing('@xmpp/xml')),
  plant('wire-irc', 'src/networks/irc/http.ts', importing('undici')),
  plant('wire-sip', 'src/networks/sip/http.ts', importing('undici')),
  plant('wire-unlisted', 'src/networks/pigeon/http.ts', importing('undici')),
  plant('wire-stays-in-its-folder', 'src/rooms/stanza.ts', importing('@xmpp/xml')),
  plant('cli-on-top', 'src/rooms/asks.ts', importing('../cli/answer.ts'), { 'src/cli/answer.ts': leaf }),
  plant('config-is-alone', 'src/config/core.ts', importing('../rooms/room.store.ts')),
  plant('doctor-on-top', 'src/rooms/looks.ts', importing('../doctor/leaf.ts'), { 'src/doctor/leaf.ts': leaf }),
  plant('protocols-by-registry', 'src/direct.ts', importing('./networks/xmpp/wire.ts')),
  plant(
    'contract-is-neutral',
    'src/networks/network.ts',
    "import { log } from '../ops/log.ts';\n\nexport const contract = [log];\n",
  ),
  plant('cpim-is-pure', 'src/cpim/file.ts', importing('node:fs')),
  plant('cpim-is-pure', 'src/cpim/sees-ops.ts', importing('../ops/log.ts')),
  plant('ops-uses-nothing', 'src/ops/uses.ts', importing('../cpim/message.ts')),
  plant('database-is-below', 'src/database/up.ts', importing('../rooms/room.store.ts')),
  plant('nest-at-the-edge', 'src/rooms/nest.ts', importing('@nestjs/common')),
  plant('sql-in-stores', 'src/rooms/orm.ts', importing('typeorm')),
  plant('embedded-in-database', 'src/rooms/embedded.store.ts', importing('@electric-sql/pglite')),
  plant('tests-stay-out', 'src/rooms/tested.ts', importing('../../test/support/fake.ts'), { 'test/support/fake.ts': leaf }),
  plant('no-dev-dependency', 'src/rooms/compiler.ts', importing('typescript')),
  plant('no-cycles', 'src/rooms/gnir.ts', importing('./ring.ts'), { 'src/rooms/ring.ts': importing('./gnir.ts') }),
  plant('no-orphans', 'src/rooms/alone.ts', leaf),
  plant('no-unresolved', 'src/rooms/nowhere.ts', importing('./gone.ts')),
];

const house: Readonly<Record<Finding['rule'], readonly Plant[]>> = {
  'protocol-name': [
    plant('protocol-name', 'src/rooms/identifier.ts', 'export const xmppRoom = 1;\n'),
    plant('protocol-name', 'src/rooms/literal.ts', "export const is = (name: string): boolean => name === 'matrix';\n"),
    plant('protocol-name', 'src/rooms/template.ts', 'export const uri = (to: string): string => `mxc://${to}`;\n'),
    plant('protocol-name', 'src/rooms/regex.ts', 'export const nick = /^irc:/;\n'),
    plant('protocol-name', 'src/rooms/folder.ts', 'export const pigeons = 1;\n', { 'src/networks/pigeon/wire.ts': leaf }),
    plant('protocol-name', 'src/admin/page.html', '<!-- matrix -->\n<p>Synapse</p>\n'),
  ],
  decorator: [plant('decorator', 'src/rooms/decorated.ts', '@Injectable()\nexport class Room {}\n')],
  'log-sentence': [plant('log-sentence', 'src/rooms/says.ts', 'export const f = (x: X): void => x.log.info(`sent ${x}`);\n')],
  'empty-catch': [
    plant('empty-catch', 'src/rooms/swallows.ts', 'try {\n  f();\n} catch {}\n'),
    plant('empty-catch', 'src/rooms/swallows-later.ts', 'f().catch(() => {});\n'),
  ],
  barrel: [plant('barrel', 'src/rooms/index.ts', leaf)],
  'folder-name': [plant('folder-name', 'src/rooms/utils', '', { 'src/rooms/utils/leaf.ts': leaf })],
  'folder-depth': [plant('folder-depth', 'src/networks/xmpp/a/b', '', { 'src/networks/xmpp/a/b/leaf.ts': leaf })],
  'folder-size': [
    plant(
      'folder-size',
      'src/commands',
      '',
      Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`src/commands/c${at}.ts`, leaf])),
    ),
  ],
};

const others: Readonly<Record<string, readonly Plant[]>> = {
  types: [plant('TS2322', 'src/rooms/wrong.ts', "export const x: number = 'text';\n")],
  'dead code': [
    plant('Unused files', 'src/rooms/dead.ts', leaf),
    plant('Unused exports', 'src/ops/log.ts', `${cleanTree['src/ops/log.ts']}export const never = 1;\n`),
    plant('Unlisted dependencies', 'src/ops/unlisted.ts', importing('pino'), {
      'src/main.ts': `${cleanTree['src/main.ts']}import './ops/unlisted.ts';\n`,
    }),
    plant('Unused dependencies', 'undici', '', { 'src/networks/matrix/wire.ts': 'export const matrix = 1;\n' }),
  ],
  generated: [
    plant('is stale', 'config/example.yaml', 'a: 2\n', { 'src/config.ts': leaf }),
    plant('is missing', 'config/rialto.schema.json', ''),
    plant('not that', 'migrations/schema.sql', '', {
      'test/support/dump-schema.ts': "console.log('not that');\nprocess.exit(1);\n",
    }),
  ],
};

const planted: ReadonlyMap<string, readonly Plant[]> = new Map([
  ['biome', biome],
  ['imports', imports],
  ['house', Object.values(house).flat()],
  ...Object.entries(others),
]);

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function makeTree(parent: string, name: string, plants: readonly Plant[]): string {
  const root = join(parent, name.replace(' ', '-'));
  write(root, cleanTree);
  for (const file of ['.biome.json', '.dependency-cruiser.mjs', '.gitignore', '.knip.jsonc', '.swcrc', 'tsconfig.json']) {
    copyFileSync(join(home, file), join(root, file));
  }
  symlinkSync(join(home, 'node_modules'), join(root, 'node_modules'));
  for (const { at, code, with: more } of plants) write(root, { ...(code === '' ? {} : { [at]: code }), ...more });
  return root;
}

describe('npm run check', () => {
  let parent: string;
  const clean = new Map<string, Verdict>();
  const dirty = new Map<string, Verdict>();

  beforeAll(async () => {
    parent = mkdtempSync(join(tmpdir(), 'planted-'));
    const tree = makeTree(parent, 'clean', []);
    for (const step of fastSteps) {
      const broken = makeTree(parent, step.name, planted.get(step.name) ?? []);
      const [good, bad] = await Promise.all([runStep(step, tree), runStep(step, broken)]);
      clean.set(step.name, good);
      dirty.set(step.name, bad);
    }
  }, 60_000);
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  test.each(fastSteps)('$name passes a clean tree', ({ name }) => {
    expect(clean.get(name)).toMatchObject({ passed: true, output: expect.not.stringContaining('error') });
  });

  test.each(fastSteps)('$name fails a planted one', ({ name }) => {
    expect(dirty.get(name)?.passed).toBe(false);
  });

  const each = [...planted].flatMap(([step, plants]) => plants.map((one) => ({ step, ...one })));
  test.each(each)('$step: $rule at $at', ({ step, rule, at }) => {
    const output = dirty.get(step)?.output ?? '';
    // Knip prints a heading for each rule and the files below it; the others print both on one line.
    const said =
      step === 'dead code'
        ? section(output, rule)
        : output
            .split('\n')
            .filter((line) => line.includes(rule))
            .join('\n');
    expect(said).toContain(at);
  });

  test('every rule of the import table is planted', async () => {
    const file = join(home, '.dependency-cruiser.mjs');
    const { default: table } = (await import(pathToFileURL(file).href)) as { default: { forbidden: { name: string }[] } };
    expect(new Set(imports.map(({ rule }) => rule))).toEqual(new Set(table.forbidden.map(({ name }) => name)));
  });
});

/** The lines below a heading of knip's report, up to the next. */
function section(output: string, heading: string): string {
  const [, rest = ''] = output.split(`${heading} (`);
  return rest.split(/\n(?=[A-Z][a-z]+ [a-z]+.* \(\d+\))/)[0] ?? '';
}
