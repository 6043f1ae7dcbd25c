/** The smallest tree that passes every step of the check; it uses whatever the import table allows. */
export const cleanTree: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'planted',
    type: 'module',
    bin: { planted: 'dist/cli.js' },
    scripts: { check: 'node test/setup.mjs check' },
    dependencies: {
      '@electric-sql/pglite': '*',
      '@nestjs/common': '*',
      '@xmpp/xml': '*',
      saxes: '*',
      typeorm: '*',
      undici: '*',
    },
    devDependencies: { '@types/node': '*', typescript: '*' },
  }),
  'src/main.ts':
    "import { edge } from './admin/edge.ts';\nimport { protocols } from './networks/registry.ts';\n\nedge(protocols);\n",
  'src/cli.ts': "process.stdout.write('a: 1\\n');\n",
  'src/db.ts': "import { engine } from './database/engine.ts';\n\nexport const open = (): unknown => engine;\n",
  'src/database/engine.ts': "import { PGlite } from '@electric-sql/pglite';\n\nexport const engine = PGlite;\n",
  'src/admin/edge.ts': `import { Injectable } from '@nestjs/common';
import { lane } from '../timeline/lane.ts';

@Injectable()
class Edge {
  readonly all = lane;
}
export const edge = (protocols: unknown): unknown => [Edge, protocols];
`,
  'src/timeline/lane.ts': `import { open } from '../db.ts';
import { log } from '../ops/log.ts';
import { row } from '../rooms/room.store.ts';

export function lane(): unknown {
  log.info('lane made', { row });
  return open();
}
`,
  'src/rooms/room.store.ts': "import { EntitySchema } from 'typeorm';\n\nexport const row = EntitySchema;\n",
  'src/ops/log.ts': 'export const log = { info: (sentence: string, fields: unknown): unknown[] => [sentence, fields] };\n',
  'src/cpim/message.ts':
    "import { Buffer } from 'node:buffer';\nimport { SaxesParser } from 'saxes';\n\nexport const message = [Buffer, SaxesParser];\n",
  'src/networks/network.ts': "import { message } from '../cpim/message.ts';\n\nexport const contract = [message];\n",
  'src/networks/registry.ts':
    "import { matrix } from './matrix/wire.ts';\nimport { xmpp } from './xmpp/wire.ts';\n\nexport const protocols = [matrix, xmpp];\n",
  'src/networks/matrix/wire.ts':
    "import { request } from 'undici';\nimport { contract } from '../network.ts';\n\nexport const matrix = [request, contract];\n",
  'src/networks/xmpp/wire.ts':
    "import xml from '@xmpp/xml';\nimport { message } from '../../cpim/message.ts';\n\n/** The jid of a muc, for xmpp only. */\nexport const xmpp = [xml, message];\n",
  'src/networks/xmpp/xml.d.ts': "declare module '@xmpp/xml';\n",
  'test/setup.mjs': '',
  'test/jest.config.mjs': 'export default {};\n',
};
