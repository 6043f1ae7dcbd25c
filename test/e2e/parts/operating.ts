import { expect, test } from '@jest/globals';
import { until } from '../../lab/process.ts';
import { hears, logOf, type Shared, say } from '../lab.ts';

/** `name{label="value"}` → number, of what `/metrics` says now. */
async function numbers({ lab }: Shared): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${lab.rialto.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

export function operating(shared: Shared): void {
  test('what crosses is counted, in the names that dashboards know as well', async () => {
    const { lab, juliet, alice, bob, romeo } = shared;
    const pair = await lab.pair('counted');
    const before = await numbers(shared);
    await say(juliet, pair, 'count me');
    await hears(bob, pair, 'count me');
    await say(alice, pair, 'and me');
    await hears(romeo, pair, 'and me');
    const grown = [
      'rialto_deliveries_total{network="xmpp",outcome="sent"}',
      'rialto_deliveries_total{network="matrix",outcome="sent"}',
      'rialto_latency_seconds_count{from="xmpp",to="matrix"}',
      'rialto_latency_seconds_count{from="matrix",to="xmpp"}',
      'rialto_xmpp_stanzas_total{network="xmpp",direction="out",stanza="message"}',
      'rialto_xmpp_stanzas_total{network="xmpp",direction="in",stanza="message"}',
      'bridge_matrix_api_calls{network="matrix",method="sendEvent"}',
      'bridge_matrix_api_calls{network="matrix",method="joinRoom"}',
      'bridge_matrix_request_seconds_count{outcome="success"}',
      'bridge_remote_request_seconds_count{outcome="success"}',
    ];
    await until('all of it is counted', async () => {
      const now = await numbers(shared);
      return grown.every((name) => (now.get(name) ?? 0) > (before.get(name) ?? 0));
    });
    const now = await numbers(shared);
    expect(now.get('rialto_network_up{network="matrix",protocol="matrix"}')).toBe(1);
    expect(now.get('bridge_remote_configured_rooms')).toBe(now.get('bridge_matrix_configured_rooms'));
    expect(now.get('bridge_matrix_ghosts')).toBeGreaterThan(0);
    expect(now.get('bridge_matrix_rooms_by_age{age="1h"}')).toBeGreaterThan(0);
    expect(now.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(now.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
    const ready = await (await fetch(`${lab.rialto.url}/readyz`)).json();
    expect(ready).toMatchObject({ ready: true, database: { answers: true }, networks: { xmpp: { state: 'up' } } });
  });

  test('the log at its most talkative holds nothing that was said, and no secret', async () => {
    const { lab, juliet, alice, bob, romeo } = shared;
    const { asToken, hsToken, secret } = lab.settings;
    const pair = await lab.pair('quiet');
    const start = logOf(shared).length;
    expect(await lab.rialto.ask('log-level', 'debug')).toEqual({ level: 'debug', was: 'info' });
    const words = ['a rose by any other name', 'curiouser and curiouser'] as const;
    await say(juliet, pair, words[0]);
    await hears(bob, pair, words[0]);
    await say(alice, pair, words[1]);
    await hears(romeo, pair, words[1]);
    await alice.send(pair.matrix, 'm.room.message', { msgtype: 'm.image', body: words[1], url: { not: words[1] } });
    await alice.send(pair.matrix, 'org.example.unheard-of', { body: words[1] });
    await say(alice, pair, 'that is all');
    await hears(romeo, pair, 'that is all');
    expect(await lab.rialto.ask('log-level', 'info')).toEqual({ level: 'info', was: 'debug' });
    const log = logOf(shared);
    const since = log.slice(start);
    expect(since).toContain('"the log level has changed"');
    expect(since).toContain('"a delivery has ended"');
    for (const word of ['any other name', 'curiouser', 'that is all']) expect(since).not.toContain(word);
    for (const one of [asToken, hsToken, secret]) expect(log).not.toContain(one);
  });
}
