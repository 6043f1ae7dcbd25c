import { byStanzaId, type Feature } from './line.ts';

const most = 32;

/** XEP-0444: each stanza holds all that this sender now gives to the message; none takes them back. */
export const reactions: Feature = (child) => {
  const id = child.attrs.id;
  if (!id) return undefined;
  const given = child.getChildren('reaction').map((one) => one.getText().trim());
  const emoji = [...new Set(given.filter((one) => one !== '' && one.length <= most))].slice(0, most);
  return { kind: 'reaction', target: byStanzaId(id), mode: 'set', emoji };
};
