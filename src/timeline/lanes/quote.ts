import type { Database } from '../../db.ts';
import type { EndpointRow } from '../../rooms/room.store.ts';
import type { Line } from '../writing/append.ts';
import { saidAt } from './lane.store.ts';

/** What is known of the line that this one is about: the room's own words for it, or what its origin showed. */
export async function quoted(
  db: Database,
  at: EndpointRow,
  line: Line,
): Promise<{ quote?: { author?: string; excerpt?: string } }> {
  const { payload, reply } = line.envelope;
  const target = 'target' in payload ? payload.target : reply;
  if (!target) return {};
  const said = line.targetSeq === undefined ? undefined : await saidAt(db, at.tenant, at.room, line.targetSeq);
  const author = said?.author ?? target.author;
  const excerpt = said?.text ?? target.excerpt;
  return { quote: { ...(author === undefined ? {} : { author }), ...(excerpt === undefined ? {} : { excerpt }) } };
}
