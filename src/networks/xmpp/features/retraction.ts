import type { Retraction } from '../../../cpim/envelope.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { byStanzaId, type Feature } from './line.ts';

const fromRoom = (el: El): boolean => !(el.attrs.from ?? '').includes('/');

function retraction(id: string, by: Retraction['by'], why: string | null | undefined): Retraction {
  const text = why?.trim().slice(0, 500);
  return { kind: 'retraction', target: byStanzaId(id), by, ...(text ? { reason: text } : {}) };
}

/** XEP-0424 1.x, and XEP-0425 0.3: the same element from the room itself, with who did it. */
export const retract1: Feature = (child, line) => {
  const id = child.attrs.id;
  if (!id) return undefined;
  const moderated = child.getChild('moderated', ns.moderate1);
  // XEP-0425 §7: only the room moderates; from an occupant it is a forgery.
  if (moderated && !fromRoom(line.el)) return undefined;
  return retraction(
    id,
    moderated ? 'moderator' : 'author',
    child.getChildText('reason', ns.retract1) ?? child.getChildText('reason'),
  );
};

/** COMPAT(xep-0424<0.4, xep-0425<0.3): wrapped in a XEP-0422 element. Prosody's module and most clients still send it. */
export const applyTo: Feature = (child, line) => {
  const id = child.attrs.id;
  if (!id) return undefined;
  const moderated = child.getChild('moderated', ns.moderate0);
  if (moderated) {
    if (!fromRoom(line.el) || !moderated.getChild('retract', ns.retract0)) return undefined;
    return retraction(id, 'moderator', moderated.getChildText('reason'));
  }
  return child.getChild('retract', ns.retract0) ? retraction(id, 'author', undefined) : undefined;
};

/** Nick of the moderator, where the room tells. */
export function moderatorOf(el: El): string | undefined {
  const moderated =
    el.getChild('retract', ns.retract1)?.getChild('moderated', ns.moderate1) ??
    el.getChild('apply-to', ns.fasten)?.getChild('moderated', ns.moderate0);
  return moderated?.attrs.by?.split('/').slice(1).join('/') || undefined;
}
