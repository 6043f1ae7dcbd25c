import { describe, expect, test } from '@jest/globals';
import { createLogger, type Level } from '../../../src/ops/log.ts';

function logged(level: Level, secrets: readonly string[] = []) {
  const lines: string[] = [];
  const log = createLogger(level, { secrets, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  test('one JSON object a line: the sentence, its fields, the time', () => {
    const { log, last, lines } = logged('info');
    log.info('a line was sent', { endpoint: 7 });
    expect(lines).toEqual([expect.stringMatching(/^\{.*\}\n$/)]);
    expect(last()).toEqual({ level: 30, time: expect.stringMatching(/^\d{4}-.*Z$/), msg: 'a line was sent', endpoint: 7 });
  });

  test('an error is written with its kind and its place', () => {
    const { log, last } = logged('info');
    log.error('it failed', { error: new TypeError('no such thing'), reason: new Error('why') });
    expect(last()).toMatchObject({
      error: { type: 'TypeError', message: 'no such thing', stack: expect.stringContaining('log.test.ts') },
      reason: { message: 'why' },
    });
  });

  test('the level changes while it runs, and only what is written is counted', () => {
    const { log, lines } = logged('warn');
    log.debug('one');
    log.info('two');
    log.warn('three');
    expect([lines.length, log.level]).toEqual([1, 'warn']);
    log.level = 'debug';
    log.debug('four');
    log.error('five');
    expect(lines).toHaveLength(3);
    expect(log.written).toEqual({ debug: 1, info: 0, warn: 1, error: 1 });
  });
});

describe('no secret is written', () => {
  const component = 'c0mp"onent\\secret';
  const url = 'postgres://rialto:p%40ss-word@db.example/rialto';

  test.each([
    ['in a field', { note: `it is ${component}` }],
    ['deep in a field', { a: { b: [component] } }],
    ['in the message of an error', { error: new Error(`refused: ${component}`) }],
    ['as a URL of the configuration', { url }],
    ['the password of that URL by itself', { why: 'p@ss-word was refused' }],
    ['the password of any URL', { url: 'https://user:hunter22@example.org/x', bare: 'user@example.org' }],
    ['a bearer token', { header: 'Authorization: Bearer hunter22' }],
    ['a token in a query', { url: 'http://localhost/x?access_token=hunter22&y=1' }],
    ['a field that is called so', { asToken: 'hunter22', deep: { password: 'hun"ter22', clientSecret: 'hunter22' } }],
  ])('%s', (_, fields) => {
    const { lines, log } = logged('info', [component, url]);
    log.info('said', fields);
    const [line = ''] = lines;
    expect(line).toContain('[secret]');
    for (const secret of ['c0mp', 'hunter22', 'ter22', 'p%40ss', 'p@ss']) expect(line).not.toContain(secret);
    expect(JSON.parse(line)).toMatchObject({ msg: 'said' });
  });

  test('what is none is left as it is', () => {
    const { log, last } = logged('info', ['abc', component]);
    const fields = { room: 'room@rooms.example', url: 'http://localhost:9000/_matrix', abc: 'abc', tokens: 3, at: '12:30:01' };
    log.info('said', fields);
    expect(last()).toMatchObject(fields);
  });
});
