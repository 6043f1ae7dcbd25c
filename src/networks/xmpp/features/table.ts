import type { Payload, Target } from '../../../cpim/envelope.ts';
import { bodyOf, translationsOf } from '../cpim/words.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import { correction } from './correction.ts';
import { eme, omemo, openpgp, smime } from './encrypted.ts';
import { type Feature, type Line, textOf } from './line.ts';
import { fileSharing, oob, sims } from './media.ts';
import { reactions } from './reactions.ts';
import { replyOf } from './reply.ts';
import { applyTo, retract1 } from './retraction.ts';

/**
 * What each child element makes of a line. Where a line has several, the first of this table wins: a body beside them is then
 * only their fallback.
 */
const table: readonly (readonly [xmlns: string, name: string, feature: Feature])[] = [
  ['eu.siacs.conversations.axolotl', 'encrypted', omemo],
  ['urn:xmpp:omemo:1', 'encrypted', omemo],
  ['urn:xmpp:omemo:2', 'encrypted', omemo],
  ['urn:xmpp:openpgp:0', 'openpgp', openpgp],
  ['jabber:x:encrypted', 'x', openpgp],
  [ns.e2e, 'e2e', smime],
  [ns.eme, 'encryption', eme],
  [ns.retract1, 'retract', retract1],
  [ns.fasten, 'apply-to', applyTo],
  [ns.reactions, 'reactions', reactions],
  [ns.correct, 'replace', correction],
  [ns.sfs, 'file-sharing', fileSharing],
  [ns.reference, 'reference', sims],
  [ns.oob, 'x', oob],
];

export interface Said {
  readonly payload: Payload;
  readonly reply?: Target;
}

/** What a groupchat stanza says; undefined if it says nothing (chat states, markers, receipts, keys). Never throws for its content. */
export function said(el: El): Said | undefined {
  const body = bodyOf(el);
  const reply = replyOf(el, body.text);
  const lang = body.lang === undefined ? {} : { lang: body.lang };
  const translations = translationsOf(el, body);
  const more = translations.length === 0 ? lang : { ...lang, translations };
  const line: Line = { el, body: reply?.body ?? body.text, ...more };
  const payload = featured(line) ?? (line.body.trim() === '' ? undefined : textOf(line));
  if (payload === undefined) return undefined;
  return { payload, ...(reply === undefined ? {} : { reply: reply.reply }) };
}

const ranks = new Map(table.map(([xmlns, name], rank) => [`${xmlns} ${name}`, rank]));

function featured(line: Line): Payload | undefined {
  const found: { readonly child: El; readonly rank: number }[] = [];
  for (const child of line.el.getChildElements()) {
    const rank = ranks.get(`${child.getNS()} ${child.getName()}`);
    if (rank !== undefined) found.push({ child, rank });
  }
  for (const { child, rank } of found.sort((a, b) => a.rank - b.rank)) {
    const payload = table[rank]?.[2](child, line);
    if (payload !== undefined) return payload;
  }
  return undefined;
}
