import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Desk, good, instead, long } from './desk.ts';

const desk = new Desk();
afterAll(() => desk.remove());

describe('the environment', () => {
  test('wins over the file; upper and lower case are the same', () => {
    const environment = {
      RIALTO_HTTP__PORT: '9',
      RIALTO_NETWORKS__MATRIX__ASTOKEN: 'y'.repeat(20),
      RIALTO_NETWORKS__MATRIX__HS_TOKEN: 'z'.repeat(20),
    };
    expect(desk.read(good, environment)).toMatchObject({
      http: { port: 9 },
      networks: { matrix: { asToken: 'y'.repeat(20), hsToken: 'z'.repeat(20) } },
    });
  });

  test('brings what the file has not: a section, a whole network', () => {
    const environment = {
      RIALTO_LOG__LEVEL: 'warn',
      RIALTO_NETWORKS__OTHER__PROTOCOL: 'xmpp',
      RIALTO_NETWORKS__OTHER__SERVICE: 'xmpp://h:1',
      RIALTO_NETWORKS__OTHER__DOMAIN: 'o.example.org',
      RIALTO_NETWORKS__OTHER__SECRET: long,
      RIALTO_DATA: '/srv/rialto',
    };
    expect(desk.read(good, environment)).toMatchObject({
      data: '/srv/rialto',
      log: { level: 'warn' },
      networks: { other: { domain: 'o.example.org' } },
    });
  });

  test('DATABASE_URL is RIALTO_DATABASE__URL, which wins', () => {
    const text = `${good}database: { url: 'postgres://file' }\n`;
    expect(desk.read(text, { DATABASE_URL: 'postgres://common' }).database).toEqual({ url: 'postgres://common' });
    expect(desk.read(text, { DATABASE_URL: 'postgres://common', RIALTO_DATABASE__URL: 'postgres://own' }).database).toEqual({
      url: 'postgres://own',
    });
  });

  test('what is not for us, or empty, is left alone', () => {
    const environment = {
      RIALTO_CONFIG: 'x',
      RIALTO_HTTP__PORT: '',
      RIALTO_PORT: 'tcp://10.0.0.1:9000',
      RIALTO_PORT_9000_TCP: 'x',
      RIALTO_SERVICE_HOST: 'x',
      HOME: 'y',
    };
    expect(desk.read(good, environment).http.port).toBe(8000);
  });

  test.each([
    ['an unknown key', { RIALTO_HTTP__PROT: '1' }, 'RIALTO_HTTP__PROT: unknown key; did you mean RIALTO_HTTP__PORT?'],
    ['an unknown section', { RIALTO_HTPP__PORT: '1' }, 'RIALTO_HTPP__PORT: unknown key; did you mean RIALTO_HTTP?'],
    [
      'a key of a network',
      { RIALTO_NETWORKS__XMPP__SECRT: long },
      'RIALTO_NETWORKS__XMPP__SECRT: unknown key; did you mean RIALTO_NETWORKS__XMPP__SECRET?',
    ],
    ['a section', { RIALTO_HTTP: '1' }, 'RIALTO_HTTP: is a section: set a key of it, such as RIALTO_HTTP__HOST'],
    ['no section', { RIALTO_HTTP__PORT__X: '1' }, 'RIALTO_HTTP__PORT__X: unknown key: http.port is no section'],
    ['a bad value', { RIALTO_HTTP__PORT: 'many' }, 'RIALTO_HTTP__PORT: http.port: must be a number'],
    ['a placeholder', { RIALTO_DATA: 'CHANGE-ME' }, 'RIALTO_DATA: data: is still the placeholder of the example'],
  ])('is named where it is wrong: %s', (_what, environment, expected) => {
    expect(desk.faults(good, environment)).toEqual([expected]);
  });
});

describe('a secret in a file of its own', () => {
  const secret = join(desk.folder, 'secret');
  const from = (line: string): string => instead('secret:', line);

  test('is read, from YAML relative to it, or from the environment over whatever YAML says', () => {
    desk.write('secret', `${long}-file\n`);
    for (const [text, environment] of [
      [from('secretFile: secret'), {}],
      [from(`secretFile: ${secret}`), {}],
      [good, { RIALTO_NETWORKS__XMPP__SECRET_FILE: secret }],
      [from('secretFile: nowhere'), { RIALTO_NETWORKS__XMPP__SECRET_FILE: secret }],
    ] as const)
      expect(desk.read(text, environment).networks.xmpp).toMatchObject({ secret: `${long}-file` });
    expect(desk.read(from('secretFile: nowhere'), { RIALTO_NETWORKS__XMPP__SECRET: long }).networks.xmpp).toMatchObject({
      secret: long,
    });
  });

  test.each([
    ['missing', from('secretFile: nowhere'), {}, 'rialto.yaml:11: networks.xmpp.secretFile: nowhere cannot be read (ENOENT)'],
    [
      'missing, by the environment',
      good,
      { RIALTO_NETWORKS__XMPP__SECRET_FILE: '/nowhere' },
      'RIALTO_NETWORKS__XMPP__SECRET_FILE: networks.xmpp.secretFile: /nowhere cannot be read (ENOENT)',
    ],
    [
      'twice',
      from(`secretFile: secret\n    secret: ${long}`),
      {},
      'rialto.yaml:11: networks.xmpp.secretFile: is there as well as secret: keep one of them',
    ],
    [
      'twice in the environment',
      good,
      { RIALTO_NETWORKS__XMPP__SECRET: long, RIALTO_NETWORKS__XMPP__SECRET_FILE: 'x' },
      'RIALTO_NETWORKS__XMPP__SECRET_FILE: is set as well as RIALTO_NETWORKS__XMPP__SECRET: set one of them',
    ],
    [
      'of something that is no secret',
      good.replace('domain: b', 'domainFile: b'),
      {},
      'rialto.yaml:10: networks.xmpp.domainFile: unknown key; did you mean domain?',
    ],
    ['no path', from('secretFile: 3'), {}, 'rialto.yaml:11: networks.xmpp.secretFile: must be the path of a file'],
  ])('%s', (_what, text, environment, expected) => {
    expect(desk.faults(text, environment)).toContain(expected);
  });

  test.each([
    ['short', 'too short: a secret has at least 16 characters; "openssl rand -hex 32" makes one'],
    ['', 'secret is empty'],
  ])('holds %p', (text, expected) => {
    desk.write('secret', text);
    expect(desk.faults(from('secretFile: secret'))).toEqual([`rialto.yaml:11: networks.xmpp.secretFile: ${expected}`]);
  });
});
