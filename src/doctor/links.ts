import type { Sql } from '../db.ts';
import type { Finding } from '../networks/finding.ts';
import { type EndpointRow, shownPlace } from '../rooms/room.store.ts';
import { parkedCount } from '../timeline/parked.store.ts';
import { type Backlog, backlogs } from '../timeline/trace.store.ts';

/** While it runs, a line that waits longer than this is held up by something. */
const lateMs = 60_000;

export interface LinksSeen {
  readonly sql: Sql;
  readonly tenant: number;
  readonly endpoints: readonly EndpointRow[];
  readonly networks: readonly string[];
  readonly expiryMs: number;
  /** Whether the running service has entered an endpoint; undefined if it does not run. */
  readonly isEntered?: (at: EndpointRow) => boolean;
}

/** What waits for each linked room, and what could not be understood. */
export async function* links(seen: LinksSeen): AsyncGenerator<Finding> {
  const behind = new Map((await backlogs(seen.sql, seen.tenant)).map((one) => [one.endpoint, one]));
  const troubles = seen.endpoints.flatMap((at) => trouble(at, behind.get(at.id), seen));
  yield* troubles;
  const rooms = new Set(seen.endpoints.filter(({ settings }) => !settings.direct).map(({ room }) => room)).size;
  if (rooms === 0)
    yield {
      code: 'links',
      verdict: 'ok',
      evidence: 'nothing is linked yet',
      fix: '"rialto link ROOM ROOM" makes two rooms one conversation',
    };
  else if (troubles.length === 0) yield { code: 'links', verdict: 'ok', evidence: `${rooms} linked, nothing is held up` };
  const parked = await parkedCount(seen.sql, seen.tenant);
  if (parked === 0) return;
  yield {
    code: 'parked',
    verdict: 'warning',
    evidence: `${parked} that came could not be understood, and ${parked === 1 ? 'is' : 'are'} kept`,
    fix: '"rialto parked" shows them; after an upgrade "rialto parked retry all" reads them again',
  };
}

function trouble(at: EndpointRow, behind: Backlog | undefined, seen: LinksSeen): Finding[] {
  const room = shownPlace(at);
  if (!seen.networks.includes(at.network)) {
    return [
      {
        code: 'link-network',
        verdict: 'fault',
        room,
        evidence: `is on the network ${at.network}, which the configuration does not have`,
        fix: 'configure it again under that name, or cut the link: rialto unlink ROOM',
      },
    ];
  }
  const found: Finding[] = [];
  if (seen.isEntered?.(at) === false) {
    const why = at.trouble ? `: ${at.trouble.text ?? at.trouble.code}` : '';
    found.push({
      code: 'link-outside',
      verdict: at.trouble ? 'fault' : 'warning',
      room,
      evidence: `has not been entered${why}`,
      fix: 'see what is said of its network; it is tried again every half minute',
    });
  }
  return [...found, ...late(room, behind, seen)];
}

function late(room: string, behind: Backlog | undefined, { isEntered, expiryMs }: LinksSeen): Finding[] {
  if (!behind?.oldest || behind.waiting === 0) return [];
  const age = Date.now() - behind.oldest.getTime();
  const isLate = isEntered ? age > lateMs : age > expiryMs / 2;
  if (!isLate) return [];
  return [
    {
      code: 'link-late',
      verdict: 'warning',
      room,
      evidence: `${behind.waiting} lines wait for it, the oldest for ${Math.round(age / 60_000)} min; after ${Math.round(expiryMs / 3_600_000)} h they are refused`,
      fix: isEntered
        ? 'see what is said of its network; "rialto trace ID" follows one line'
        : 'start Rialto: they are delivered then',
    },
  ];
}
