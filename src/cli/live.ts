import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { LogLevel } from '../commands/log-level.ts';
import type { Retried } from '../commands/parked.ts';
import type { Status } from '../commands/status.ts';
import type { Hop, Trace } from '../commands/trace.ts';
import type { Whois } from '../commands/whois.ts';
import { levels } from '../ops/log.ts';
import type { Terminal } from './terminal.ts';

interface ParkedRow {
  readonly id: number;
  readonly network: string;
  readonly address: string | null;
  readonly why: string;
  readonly size: number;
  readonly at: string;
}

/** `status`, `whois`, `trace`, `log-level`, `parked`: what a running bridge knows. */
export function addLive(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description('how the running bridge is')
    .action(async () => {
      const status = (await terminal.ask('status', {})) as Status;
      terminal.say(status, () => statusText(status));
    });

  program
    .command('whois <who>')
    .description('who a ghost stands for, and which ghosts stand for a person: an address, room/nick, or a name')
    .action(async (who: string) => {
      const result = (await terminal.ask('whois', { who })) as { people: Whois[] };
      terminal.say(result, () => result.people.map(person).join('\n\n'));
    });

  program
    .command('trace <id>')
    .description('where one message went, by an id that it has on any network')
    .action(async (id: string) => {
      const result = (await terminal.ask('trace', { id })) as { traces: Trace[] };
      terminal.say(result, () => result.traces.map(traceText).join('\n\n'));
    });

  program
    .command('log-level')
    .description('how much the running bridge logs; with a level, that much until its next start')
    .addArgument(new Argument('[level]', 'the least level that is written').choices(levels))
    .action(async (level: string | undefined) => {
      const now = (await terminal.ask('log-level', level === undefined ? {} : { level })) as LogLevel;
      terminal.say(now, () => (now.was === undefined ? now.level : `${now.level}, was ${now.was}`));
    });

  addParked(program, terminal);
}

function addParked(program: Command, terminal: Terminal): void {
  const parked = program.command('parked').description('what could not be understood, kept as it came');
  parked
    .command('list', { isDefault: true })
    .description('the oldest first')
    .action(async () => {
      const result = (await terminal.ask('parked', {})) as { parked: ParkedRow[] };
      terminal.say(result, () => result.parked.map(parkedRow).join('\n') || 'nothing is parked');
    });
  parked
    .command('show')
    .description('one of them as it came; this prints what people wrote')
    .argument('<id>', 'its number', number)
    .action(async (id: number) => {
      const one = (await terminal.ask('parked-show', { id })) as ParkedRow & { octets: string };
      terminal.say(one, () => `${parkedRow(one)}\n\n${one.octets}`);
    });
  parked
    .command('retry')
    .description('reads them once more, after an upgrade')
    .argument('<id>', 'its number, or all', numberOrAll)
    .action(async (id: number | 'all') => {
      const result = (await terminal.ask('parked-retry', { id })) as { retried: Retried[] };
      const line = ({ id: one, isRead, why }: Retried): string =>
        `${String(one).padStart(6)}  ${isRead ? 'read, and delivered' : `still not understood: ${why ?? ''}`}`;
      terminal.say(result, () => result.retried.map(line).join('\n') || 'nothing is parked');
    });
  parked
    .command('drop')
    .description('forgets them')
    .argument('<id>', 'its number, or all', numberOrAll)
    .action(async (id: number | 'all') => {
      const result = (await terminal.ask('parked-drop', { id })) as { dropped: number[] };
      terminal.say(result, () => `dropped: ${result.dropped.join(', ') || 'nothing'}`);
    });
}

function number(text: string): number {
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id < 1) throw new InvalidArgumentError('It is a number, as "parked" shows it.');
  return id;
}

function numberOrAll(text: string): number | 'all' {
  return text === 'all' ? text : number(text);
}

function many(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function statusText(status: Status): string {
  const networks = status.networks.map(
    ({ name, protocol, state, since, why }) =>
      `${name.padEnd(12)} ${protocol.padEnd(8)} ${state.padEnd(11)} since ${moment(since)}${why ? `: ${why}` : ''}`,
  );
  const behind = status.waiting === 0 ? 'nothing waits' : `${status.waiting} lines wait, the oldest for ${status.lagSeconds} s`;
  return [
    `rialto ${status.version}, process ${status.pid}, up ${duration(status.uptimeSeconds)}, ${status.memoryMb} MB, database ${status.database}`,
    `${many(status.rooms, 'room')} and ${many(status.directChats, 'direct chat')} with ${status.endpoints} endpoints, ${status.entered} of them entered; ${behind}; ${status.parked} parked`,
    '',
    ...networks,
  ].join('\n');
}

function person({ name, network, address, weak, rooms, ghosts }: Whois): string {
  const known = address ?? (weak ? 'known by name only' : 'address not public');
  const lines = [`${name}, ${network}: ${known}`];
  for (const room of rooms) lines.push(`  in ${room.room} as ${room.name}`);
  for (const ghost of ghosts) {
    lines.push(`  ghost on ${ghost.network}: ${ghost.address}`);
    for (const seat of ghost.seats) {
      const how = seat.state === 'relay' ? `the listener speaks for it${seat.why ? `: ${seat.why}` : ''}` : seat.state;
      lines.push(`    ${seat.room} as ${seat.nick || '(no nick)'}, ${how}`);
    }
  }
  return lines.join('\n');
}

function traceText(trace: Trace): string {
  const size = trace.octets === undefined ? 'body no longer kept' : `${trace.octets} octets`;
  const about = trace.target === undefined ? '' : `, about line ${trace.target}`;
  const head = `room ${trace.room}, line ${trace.seq}: ${trace.kind} by ${trace.sender}${about}, ${size}`;
  return [head, `  said ${moment(trace.said)}, stored ${moment(trace.stored)}`, ...trace.hops.map(hop)].join('\n');
}

function hop(one: Hop): string {
  const time = one.at === undefined || one.state === 'origin' ? '' : ` after ${one.afterMs} ms`;
  const more = [
    one.why === undefined ? undefined : `why: ${one.why}`,
    one.degraded === undefined ? undefined : `degraded: ${one.degraded}`,
    one.owed ? 'its sender is still to be told' : undefined,
    ...one.ids.map((id) => `${id.kind} ${id.value}`),
  ].filter((line) => line !== undefined);
  return [`  ${one.network.padEnd(10)} ${one.address}: ${one.state}${time}`, ...more.map((line) => `    ${line}`)].join('\n');
}

function parkedRow({ id, network, address, why, size, at }: ParkedRow): string {
  return `${String(id).padStart(6)}  ${moment(at)}  ${network}  ${address ?? '(no room)'}  ${size} octets: ${why}`;
}

const moment = (iso: string): string => iso.replace('T', ' ').replace('Z', '');

function duration(seconds: number): string {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
