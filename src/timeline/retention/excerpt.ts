import { fromCpim } from '../../cpim/carry/carry.ts';
import { plain } from '../../cpim/degrade/plain.ts';
import type { Excerpt, OldBody } from './body.store.ts';

/** Characters of a line that outlive its body. */
const LENGTH = 200;
/** What nobody quotes. */
const UNQUOTED = new Set(['membership', 'reaction', 'retraction', 'invitation']);

/** What remains of a body; undefined: nothing, nobody quotes it, it was retracted, or it cannot be read any more. */
export function excerptOf(body: OldBody): Excerpt | undefined {
  const { tenant, room, seq, day, kind } = body;
  if (body.retracted || kind === null || UNQUOTED.has(kind)) return undefined;
  try {
    const envelope = fromCpim(body.octets);
    // By characters: half of a pair would be no text.
    const text = [...plain(envelope)].slice(0, LENGTH).join('');
    return { tenant, room, seq, day, author: envelope.from.name ?? body.author ?? '', text };
  } catch {
    return undefined;
  }
}
