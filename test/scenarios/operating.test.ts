import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../src/networks/network.ts';
import { createLogger } from '../../src/ops/log.ts';
import { eventually, Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

const sides = { alpha: { side: 'left' }, beta: {} };

describe.each(testDatabases())('what a running bridge tells its operator on $name', (engine) => {
  test('what has not happened is zero; a line is counted where it came in, where it went out, and on the way', async () => {
    const { town, alpha, close } = await linkedRooms(engine, sides);
    const before = await town.numbers();
    expect(before.get('rialto_deliveries_total{network="beta",outcome="sent"}')).toBe(0);
    expect(before.get('rialto_inbound_total{network="alpha",kind="event",verdict="stored"}')).toBe(0);
    await alpha.says('alpha/a', 'Romeo', 'hello', { id: 'one' });
    await alpha.says('alpha/a', 'Romeo', 'hello', { id: 'one' });
    const last = ['rialto_settle_batch_size_sum', 'rialto_inbound_total{network="beta",kind="echo",verdict="stored"}'];
    await eventually('it is settled, and heard back', async () => {
      const numbers = await town.numbers();
      return last.every((name) => numbers.get(name) === 1);
    });
    const now = await town.numbers();
    expect(now.get('rialto_inbound_total{network="alpha",kind="event",verdict="stored"}')).toBe(1);
    expect(now.get('rialto_inbound_total{network="alpha",kind="event",verdict="repeat"}')).toBe(1);
    expect(now.get('rialto_entries_total{network="alpha",kind="text"}')).toBe(1);
    expect(now.get('rialto_delivery_seconds_count{network="beta"}')).toBe(1);
    expect(now.get('rialto_latency_seconds_count{from="alpha",to="beta"}')).toBe(1);
    expect(now.get('rialto_append_batch_size_sum')).toBe(3);
    expect(now.get('rialto_deliveries_total{network="beta",outcome="sent"}')).toBe(1);
    expect(now.get('rialto_database_seconds_count{work="query"}')).toBeGreaterThanOrEqual(4);
    expect(now.get('bridge_left_request_seconds_count{outcome="success"}')).toBe(1);
    await close();
  });

  test('parked, refused, put off and relayed are told apart', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine, sides);
    await alpha.host.accept([{ kind: 'malformed', at: alpha.endpoint('alpha/a'), why: 'no sense', octets: 'x' }]);
    let tries = 0;
    beta.on = (job) => {
      tries += 1;
      if (tries === 1) return { kind: 'retry', why: { code: 'timeout' }, scope: 'endpoint', done: [], afterMs: 1 };
      if (tries === 2) return { kind: 'refused', why: { code: 'forbidden' }, scope: 'ghost' };
      return job.as ? undefined : { kind: 'refused', why: { code: 'forbidden' }, scope: 'entry' };
    };
    await alpha.says('alpha/a', 'Romeo', 'hello');
    await eventually('he is told', () => town.place('alpha/a').told.length === 2);
    const now = await town.numbers();
    expect(now.get('rialto_parked{network="alpha"}')).toBe(1);
    expect(now.get('rialto_parked{network="beta"}')).toBe(0);
    expect(now.get('rialto_inbound_total{network="alpha",kind="malformed",verdict="parked"}')).toBe(1);
    expect(now.get('rialto_retries_total{network="beta",scope="endpoint"}')).toBe(1);
    expect(now.get('rialto_delivery_attempts_total{network="beta",outcome="refused"}')).toBe(2);
    expect(now.get('rialto_relays_total{network="beta"}')).toBe(1);
    expect(now.get('rialto_deliveries_total{network="beta",outcome="refused"}')).toBe(1);
    expect(now.get('bridge_left_request_seconds_count{outcome="fail"}')).toBe(1);
    expect(now.get('rialto_notices_total{network="alpha",status="relayed"}')).toBe(1);
    expect(now.get('rialto_notices_total{network="alpha",status="refused"}')).toBe(1);
    await close();
  });

  test('gauges say how things stand: networks, links, people, what waits and for how long', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine, sides);
    await alpha.says('alpha/a', 'Romeo', 'hello');
    await eventually('it is heard', () => town.heard('beta/b').length === 1);
    const { promise: gate, resolve: open } = Promise.withResolvers<undefined>();
    beta.on = () => gate;
    await alpha.says('alpha/a', 'Romeo', 'one');
    await alpha.says('alpha/a', 'Romeo', 'two');
    await alpha.says('alpha/a', 'Romeo', 'three');
    await new Promise((resolve) => setTimeout(resolve, 60));
    const now = await town.numbers();
    expect(now.get('rialto_network_up{network="alpha",protocol="alpha"}')).toBe(1);
    expect(now.get('rialto_network_state{network="alpha",state="down"}')).toBe(0);
    expect(now.get('rialto_rooms')).toBe(1);
    expect(now.get('rialto_endpoints{network="beta",state="active"}')).toBe(1);
    expect(now.get('rialto_endpoints_entered{network="beta"}')).toBe(1);
    expect(now.get('rialto_ghosts{network="beta"}')).toBe(1);
    expect(now.get('rialto_seats{network="beta",state="seated"}')).toBe(1);
    expect(now.get('rialto_lanes_waiting{network="beta"}')).toBe(1);
    expect(now.get('rialto_lanes_waiting{network="alpha"}')).toBe(0);
    expect(now.get('rialto_lines_waiting{network="beta"}')).toBe(3);
    expect(now.get('rialto_lag_seconds{network="beta"}')).toBeGreaterThan(0.05);
    expect(now.get('rialto_lag_seconds{network="alpha"}')).toBe(0);
    expect(now.get('bridge_left_configured_rooms')).toBe(1);
    expect(now.get('bridge_remote_ghosts')).toBe(1);
    expect(now.get('bridge_left_rooms_by_age{age="1h"}')).toBe(1);
    expect(now.get('bridge_remote_rooms_by_age{age="7d"}')).toBe(0);
    expect(now.get('bridge_remote_rooms_by_age{age="all"}')).toBe(1);
    open(undefined);
    await eventually('nothing waits', async () => (await town.numbers()).get('rialto_lines_waiting{network="beta"}') === 0);
    await close();
  });

  test('a protocol counts for itself, under the name of its network', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    alpha.host.count('rialto_alpha_cheers_total', { by: 'Romeo' });
    alpha.host.count('rialto_alpha_cheers_total', { by: 'Romeo' });
    expect((await town.numbers()).get('rialto_alpha_cheers_total{network="alpha",by="Romeo"}')).toBe(2);
    await close();
  });

  test('a room that nobody has entered yet: what it waits for, and the lines that wait there, are known', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    beta.on = () => ({ kind: 'retry', why: { code: 'unreachable' }, scope: 'endpoint', done: [], afterMs: 50 });
    await alpha.says('alpha/a', 'Romeo', 'one');
    await alpha.says('alpha/a', 'Romeo', 'two');
    const next = await town.bridge((_, other) => {
      other.refuses = { kind: 'refused', why: { code: 'forbidden', text: 'members only' } };
    });
    await eventually('one was entered, the other refused', async () => {
      const [first, second] = (await town.last.readiness.report()).rooms[0]?.endpoints ?? [];
      return first?.entered === true && second?.why !== undefined;
    });
    const report = await town.last.readiness.report();
    expect(report).toMatchObject({
      ready: false,
      version: '0.1.0',
      database: { engine: engine.name === 'postgres' ? 'postgres' : 'embedded', answers: true },
      links: { rooms: 1, endpoints: 2, entered: 1 },
      networks: { alpha: { state: 'up', entered: 1 }, beta: { state: 'up', endpoints: 1, entered: 0, waiting: 2 } },
      rooms: [
        {
          endpoints: [
            { address: 'alpha/a', entered: true, waiting: 0 },
            { address: 'beta/b', entered: false, waitsFor: 'admission', why: 'members only', waiting: 2 },
          ],
        },
      ],
    });
    const numbers = await town.numbers();
    expect(numbers.get('rialto_endpoints_not_entered{network="beta",waits_for="admission"}')).toBe(1);
    expect(numbers.get('rialto_lines_waiting{network="beta"}')).toBe(2);
    expect(numbers.get('rialto_lag_seconds{network="beta"}')).toBeGreaterThan(0);
    next.beta.host.state('down', { code: 'unreachable', text: 'gone fishing' });
    expect(await town.last.readiness.report()).toMatchObject({
      networks: { beta: { state: 'down', why: 'gone fishing' } },
      rooms: [{ endpoints: [{}, { waitsFor: 'network' }] }],
    });
    await close();
  });

  test('ready is: every network up, every room entered, the database there', async () => {
    const { db, drop } = await engine.create();
    const town = new Town(db);
    const { beta } = await town.bridge();
    await town.ask('link', { first: 'alpha/a', second: 'beta/b' });
    expect(await town.last.readiness.report()).toMatchObject({ ready: true, links: { endpoints: 2, entered: 2 }, rooms: [{}] });
    beta.host.state('connecting');
    expect((await town.last.readiness.report()).ready).toBe(false);
    beta.host.state('up');
    expect((await town.last.readiness.report()).ready).toBe(true);
    town.failing = new Error('the database is away');
    expect(await town.last.readiness.report()).toMatchObject({ ready: false, database: { answers: false } });
    expect((await town.numbers()).get('rialto_network_up{network="beta",protocol="beta"}')).toBe(1);
    expect((await town.numbers()).get('rialto_database_failures_total{work="query"}')).toBeGreaterThan(0);
    town.failing = undefined;
    expect((await town.last.readiness.report()).ready).toBe(true);
    await town.close();
    await drop();
  });

  test('whatever becomes of a line, the log at its most talkative holds nothing of what was said', async () => {
    const { db, drop } = await engine.create();
    const town = new Town(db);
    const lines: string[] = [];
    town.log = createLogger('debug', { destination: { write: (line) => void lines.push(line) } });
    const { alpha, beta } = await town.bridge();
    await town.ask('link', { first: 'alpha/a', second: 'beta/b' });
    const body = 'wherefore art thou';
    const outcomes: Outcome[] = [
      { kind: 'retry', why: { code: 'timeout' }, scope: 'entry', done: [], afterMs: 1 },
      { kind: 'unknown', why: { code: 'timeout' } },
      { kind: 'refused', why: { code: 'forbidden', text: 'not here' }, scope: 'ghost' },
      { kind: 'refused', why: { code: 'too-large', text: 'not so much' }, scope: 'entry' },
    ];
    beta.on = () => outcomes.shift();
    await alpha.says('alpha/a', 'Juliet', body, { id: 'one' });
    await alpha.says('alpha/a', 'Juliet', body);
    await alpha.host.accept([{ kind: 'malformed', at: alpha.endpoint('alpha/a'), why: 'no sense', octets: body }]);
    await eventually('all of it happened', () => outcomes.length === 0 && town.heard('beta/b').length === 1);
    await town.ask('parked-retry', { id: 'all' }).catch(() => undefined);
    await town.close();
    await drop();
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(
      expect.arrayContaining(['a line was refused', 'a delivery has ended', 'a ghost cannot enter, the listener speaks for it']),
    );
    expect(lines.join('')).not.toMatch(/wherefore|thou/);
  });

  test('the level of the log changes while it runs, on request', async () => {
    const { db, drop } = await engine.create();
    const town = new Town(db);
    const lines: string[] = [];
    town.log = createLogger('error', { destination: { write: (line) => void lines.push(line) } });
    const { beta } = await town.bridge();
    beta.host.log.info('not heard');
    expect(await town.ask('log-level', {})).toEqual({ level: 'error' });
    expect(await town.ask('log-level', { level: 'debug' })).toEqual({ level: 'debug', was: 'error' });
    beta.host.log.debug('heard');
    await town.ask('log-level', { level: 'error' });
    beta.host.log.warn('not heard either');
    await expect(town.ask('log-level', { level: 'loud' })).rejects.toThrow(/level/);
    const said = lines.map((line) => JSON.parse(line) as { msg: string; network?: string });
    expect(said.map(({ msg }) => msg)).toEqual(['the log level has changed', 'heard', 'the log level changes']);
    expect(said[1]?.network).toBe('beta');
    const numbers = await town.numbers();
    expect(numbers.get('rialto_log_lines_total{level="debug"}')).toBe(1);
    expect(numbers.get('rialto_log_lines_total{level="warn"}')).toBe(2);
    await town.close();
    await drop();
  });
});
