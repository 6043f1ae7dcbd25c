import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { example } from '../../../src/config/example.ts';
import { readConfig } from '../../../src/config.ts';
import { Desk, good, instead, long, without } from './desk.ts';

const desk = new Desk();
afterAll(() => desk.remove());

test('a good file is read, with defaults, relative to itself', () => {
  expect(desk.read(good)).toMatchObject({
    data: join(desk.folder, 'state'),
    http: { host: '127.0.0.1', port: 8000 },
    log: { level: 'info' },
  });
  expect(desk.warnings).toEqual([]);
});

describe('what is wrong is said with its line, its key and the remedy', () => {
  test.each([
    [
      'an unknown key',
      instead('secret:', `secrt: ${long}`),
      [
        'rialto.yaml:7: networks.xmpp.secret: is missing: The secret that the server has for this component',
        'rialto.yaml:11: networks.xmpp.secrt: unknown key; did you mean secret?',
      ],
    ],
    ['an unknown section', instead('data:', 'htpp: {}'), ['rialto.yaml:2: htpp: unknown key; did you mean http?']],
    [
      'a key that is like none',
      instead('port:', 'colour: red'),
      ['rialto.yaml:5: http.colour: unknown key; there are host, port, url'],
    ],
    [
      'a placeholder',
      instead('domain: b', 'domain: CHANGE-ME'),
      ['rialto.yaml:10: networks.xmpp.domain: is still the placeholder of the example'],
    ],
    [
      'a secret of the README',
      instead('asToken:', 'asToken: another-long-random-secret'),
      ['rialto.yaml:16: networks.matrix.asToken: is still the placeholder of the example; "openssl rand -hex 32" makes one'],
    ],
    [
      'a short secret',
      instead('secret:', 'secret: hunter2'),
      ['rialto.yaml:11: networks.xmpp.secret: too short: a secret has at least 16 characters; "openssl rand -hex 32" makes one'],
    ],
    [
      'a secret that YAML takes for a number',
      instead('secret:', 'secret: 1234567890123456'),
      ['rialto.yaml:11: networks.xmpp.secret: must be text: put it in quotes'],
    ],
    [
      'an unknown protocol',
      instead('protocol: xmpp', 'protocol: xmp'),
      ['rialto.yaml:8: networks.xmpp.protocol: there is none of this name; did you mean xmpp?'],
    ],
    ['no protocol', without('protocol: xmpp'), ['rialto.yaml:7: networks.xmpp.protocol: is missing; it is xmpp or matrix']],
    [
      'a bad value',
      instead('service:', 'service: localhost'),
      ['rialto.yaml:9: networks.xmpp.service: must be a URL such as xmpp://127.0.0.1:5347'],
    ],
    ['a bad number', instead('port:', 'port: 99999'), ['rialto.yaml:5: http.port: must be at most 65535']],
    ['a text for a number', instead('port:', 'port: many'), ['rialto.yaml:5: http.port: must be a number']],
    [
      'a bad name',
      good.replace('  xmpp:', '  My-Server:'),
      ['rialto.yaml:7: networks.My-Server: a name is lower-case letters and digits'],
    ],
    [
      'a value for a section',
      instead('port: 8000', 'x').replace('http:\n  x', 'http: 8000'),
      ['rialto.yaml:4: http: must be a section with keys'],
    ],
    [
      'the wrong choice',
      good.replace('data: ./state', 'log: { level: loud }'),
      ['rialto.yaml:2: log.level: must be debug or info or warn or error'],
    ],
    [
      'no networks',
      'version: 1\nnetworks:\n',
      ['rialto.yaml:2: networks: is missing: The networks to attach to, by names of your choice.'],
    ],
    ['an empty file', '', ['rialto.yaml:1: networks: is missing: The networks to attach to, by names of your choice.']],
    ['a file of another kind', '- a\n- b\n', ['rialto.yaml:1: there are no keys in it']],
    [
      'a newer file',
      instead('version:', 'version: 99'),
      ['rialto.yaml:1: version: 99 is newer than this program, which knows 1; install the newer program'],
    ],
    ['a version that is none', instead('version:', 'version: one'), ['rialto.yaml:1: version: must be the number 1']],
    ['no YAML', 'version: 1\ndata: [\n', [expect.stringMatching(/^rialto\.yaml:3: /)]],
    ['a key that is there twice', `${good}data: x\n`, ['rialto.yaml:18: Map keys must be unique']],
  ])('%s', (_what, text, expected) => {
    expect(desk.faults(text)).toEqual(expected);
  });

  test('all at once, in the order of the file', () => {
    expect(desk.faults(instead('port:', 'prot: 1').replace('hsToken', 'hsTokn')).map((line) => line.split(':')[1])).toEqual([
      '5',
      '12',
      '17',
    ]);
  });

  test('without what is secret', () => {
    const told = desk.faults(`${good.replaceAll(long, 'ab!cd')}   bad\n:`).join();
    expect(told).not.toBe('');
    expect(told).not.toContain('ab!cd');
  });

  test('a file that is not there', () => {
    expect(() => readConfig(join(desk.folder, 'none.yaml'))).toThrow('cannot be read (ENOENT): make one with "rialto init"');
  });
});

describe('a warning', () => {
  test('for secrets that everybody can read', () => {
    desk.read(good, {}, 0o644);
    expect(desk.warnings).toEqual(['rialto.yaml holds secrets and everybody on this machine can read it: chmod 600 rialto.yaml']);
  });

  test('not for a public file without secrets', () => {
    desk.write('secret', long);
    const files = good.replace(/(secret|asToken|hsToken): .*/g, '$1File: secret');
    desk.read(files, {}, 0o644);
    expect(desk.warnings).toEqual([]);
  });

  test('for a file of an older version, which is read all the same', () => {
    expect(desk.read(without('version:')).http.port).toBe(8000);
    expect(desk.warnings).toEqual(['rialto.yaml is of version 0: "rialto config upgrade" shows what it is now, and writes it']);
  });
});

test('the example is complete: with its placeholders replaced it is valid', () => {
  expect(desk.faults(example())).toEqual(
    expect.arrayContaining([expect.stringMatching(/^rialto\.yaml:\d+: networks\.xmpp\.domain: is still the placeholder/)]),
  );
  expect(desk.faults(example().replaceAll('CHANGE-ME', `${long}.example`))).toEqual([]);
});
