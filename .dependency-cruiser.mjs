/**
 * The import table: who may import whom. Every rule is proved on a planted violation in test/contract/check/planted.test.ts.
 *
 *   cli → doctor → admin → commands → relocation → timeline → rooms, identity, tenancy → cpim
 *
 * A folder sees every folder after it, and the contract (networks/network.ts, finding.ts and http-port.ts), ops/, database/ and db.ts. The three in the
 * middle keep the order they have here too: a member of a room is somebody known.
 */
const layers = ['admin', 'commands', 'relocation', 'timeline', 'rooms', 'identity', 'tenancy', 'cpim'];

/** What a protocol's folder may take from npm besides zod. A new protocol is one line here. */
const wires = {
  xmpp: ['@xmpp/[^/]+', 'saxes', 'ltx'],
  matrix: ['matrix-appservice-bridge', '@vector-im/matrix-bot-sdk', 'undici', 'htmlparser2'],
  irc: [],
  sip: [],
};

const contract = '^src/networks/(network|http-port|finding)\\.ts$';
const root = '^src/[^/]+\\.ts$';
const packages = (names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;
const folders = (names) => `^src/(${names.join('|')})/`;

/** Each core folder sees itself, what is below it, the contract, ops/, database/ and db.ts. */
const layerRules = layers.slice(0, -1).map((folder, depth) => ({
  name: `layer-${folder}`,
  comment: `${folder}/ imports only what is below it in the table.`,
  severity: 'error',
  from: { path: folders([folder]) },
  to: { path: '^src/', pathNot: [folders([...layers.slice(depth), 'ops', 'database']), contract, '^src/db\\.ts$'] },
}));

const wireRules = Object.entries(wires).map(([protocol, names]) => ({
  name: `wire-${protocol}`,
  comment: `networks/${protocol}/ takes from npm zod and its own wire libraries.`,
  severity: 'error',
  from: { path: `^src/networks/${protocol}/` },
  to: { path: '(^|/)node_modules/', pathNot: packages(['zod', ...names]) },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'protocol-sees-only-contract',
      comment: "A protocol's folder sees itself, cpim/ and networks/network.ts; never another protocol, never the core.",
      severity: 'error',
      from: { path: '^src/networks/([^/]+)/' },
      to: { path: '^src/', pathNot: ['^src/networks/$1/', '^src/cpim/', contract] },
    },
    ...wireRules,
    {
      name: 'wire-unlisted',
      comment: 'A protocol that is not in the table of this file takes only zod from npm.',
      severity: 'error',
      from: { path: '^src/networks/[^/]+/', pathNot: `^src/networks/(${Object.keys(wires).join('|')})/` },
      to: { path: '(^|/)node_modules/', pathNot: packages(['zod']) },
    },
    {
      name: 'wire-stays-in-its-folder',
      comment: "A protocol's own libraries are used in its folder only.",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/networks/[^/]+/' },
      to: { path: packages(['@xmpp/[^/]+', 'ltx', 'matrix-[^/]+', '@matrix-org/[^/]+', '@vector-im/[^/]+']) },
    },
    {
      name: 'protocols-by-registry',
      comment: "networks/registry.ts is the one place that names the protocols' folders.",
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/networks/registry\\.ts$', '^src/networks/[^/]+/', '^src/app\\.module\\.ts$'] },
      to: { path: '^src/networks/[^/]+/' },
    },
    {
      name: 'cli-on-top',
      comment: 'cli/ is the command line: it may use everything, and only cli.ts uses it, which only bin.ts starts.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(cli|bin)\\.ts$', '^src/cli/'] },
      to: { path: '^src/cli(/|\\.ts$)' },
    },
    {
      name: 'config-is-alone',
      comment: 'config/ reads what is configured; it sees the protocols only by the registry, and of the core nothing.',
      severity: 'error',
      from: { path: '^src/config(/|\\.ts$)' },
      to: { path: '^src/', pathNot: ['^src/config(/|\\.ts$)', '^src/networks/registry\\.ts$', contract] },
    },
    {
      name: 'doctor-on-top',
      comment: 'doctor/ looks at everything; only the command line and the running service ask it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/doctor/', '^src/cli/', '^src/app\\.module\\.ts$'] },
      to: { path: '^src/doctor/' },
    },
    {
      name: 'contract-is-neutral',
      comment: 'networks/network.ts imports cpim/ and types of zod.',
      severity: 'error',
      from: { path: contract },
      to: { pathNot: ['^src/cpim/', contract, packages(['zod'])] },
    },
    {
      name: 'cpim-is-pure',
      comment: 'cpim/ imports itself, one XML parser and node:buffer.',
      severity: 'error',
      from: { path: '^src/cpim/' },
      to: { pathNot: ['^src/cpim/', packages(['saxes']), '^(node:)?buffer$'] },
    },
    {
      name: 'ops-uses-nothing',
      comment: 'ops/ is used by everyone and uses nothing of src.',
      severity: 'error',
      from: { path: '^src/ops/' },
      to: { path: '^src/', pathNot: '^src/ops/' },
    },
    {
      name: 'database-is-below',
      comment: 'database/ opens and migrates; it knows entities, never what is done with them.',
      severity: 'error',
      from: { path: '^src/database/' },
      to: { path: '^src/', pathNot: ['^src/(database|ops)/', '^src/db\\.ts$', '\\.entity\\.ts$'] },
    },
    {
      name: 'nest-at-the-edge',
      comment: 'Nest and fastify appear in admin/, ops/ and the root files.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(admin|ops)/', root] },
      to: { path: packages(['@nestjs/[^/]+', 'fastify', '@fastify/[^/]+', 'reflect-metadata', 'rxjs']) },
    },
    {
      name: 'sql-in-stores',
      comment: 'TypeORM and pg appear in *.store.ts, *.entity.ts, database/ and the root files.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['\\.(store|entity)\\.ts$', '^src/database/', root] },
      to: { path: packages(['typeorm', 'pg', 'pg-[^/]+']) },
    },
    {
      name: 'embedded-in-database',
      comment: 'Only database/ knows that there is an embedded engine.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/database/' },
      to: { path: packages(['@electric-sql/[^/]+']) },
    },
    {
      name: 'tests-stay-out',
      comment: 'Nothing that is shipped imports a test.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-dependency',
      comment: 'What is shipped uses only what is installed with it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-optional', 'type-only'] },
    },
    { name: 'no-cycles', comment: 'No import cycles.', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'A file that imports nothing and is imported by nothing is dead.',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['^src/(main|cli|bin)\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'no-unresolved',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
    skipAnalysisNotInRules: true,
  },
};
