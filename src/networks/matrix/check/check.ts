import type { Finding } from '../../finding.ts';
import type { CheckContext } from '../../network.ts';
import type { MatrixConfig } from '../config.ts';
import { Client } from '../wire/client.ts';
import { aboutHomeserver, nameKnown } from './homeserver.ts';
import { aboutPing } from './ping.ts';
import { aboutRegistration } from './registration.ts';
import { aboutRoom } from './room.ts';

const roomsAtOnce = 8;

/** The homeserver, what it knows of us, its way to us, and the linked rooms. Its HTTP calls disturb no running bridge. */
export async function* check(config: MatrixConfig, context: CheckContext): AsyncGenerator<Finding> {
  const client = new Client(config.homeserver, config.asToken);
  try {
    const name = nameKnown(config);
    if (yield* failed(aboutHomeserver(config))) return yield skipped('the homeserver is away');
    if (yield* failed(aboutRegistration(config, client))) return yield skipped('the homeserver does not know us');
    yield await aboutPing(config, client, context);
    yield* rooms(config, client, context);
    const known = await name;
    if (known) yield known;
  } finally {
    await client.close();
  }
}

function skipped(why: string): Finding {
  return { code: 'rooms', verdict: 'skipped', evidence: `neither the way to us nor the rooms were looked at: ${why}` };
}

/** Passes the findings on; true if there was a fault among them. */
async function* failed(findings: AsyncIterable<Finding>): AsyncGenerator<Finding, boolean> {
  let isFault = false;
  for await (const finding of findings) {
    isFault ||= finding.verdict === 'fault';
    yield finding;
  }
  return isFault;
}

async function* rooms(config: MatrixConfig, client: Client, context: CheckContext): AsyncGenerator<Finding> {
  for (let n = 0; n < context.rooms.length; n += roomsAtOnce) {
    const some = context.rooms.slice(n, n + roomsAtOnce).map((room) => collect(aboutRoom(config, client, room)));
    for (const findings of await Promise.all(some)) yield* findings;
  }
}

async function collect(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}
