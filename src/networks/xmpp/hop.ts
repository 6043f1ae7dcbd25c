import xml from '@xmpp/xml';
import { ns } from './ns.ts';
import type { El } from './wire/wire.ts';

// A longer trace is a loop or a lie.
const most = 32;

/** One child a hop; the installs that a line has passed, ours last. */
export function hopsOf(trace: readonly string[], install: string): El[] {
  const all = trace.includes(install) ? trace : [...trace, install];
  return all.slice(-most).map((name) => xml('hop', { xmlns: ns.hop, install: name }));
}

export function traceOf(stanza: El): string[] {
  return stanza
    .getChildren('hop', ns.hop)
    .slice(0, most)
    .flatMap((hop) => (hop.attrs.install ? [hop.attrs.install.slice(0, 64)] : []));
}
