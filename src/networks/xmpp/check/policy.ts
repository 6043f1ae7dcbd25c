import type { Finding } from '../../finding.ts';
import type { XmppConfig } from '../config.ts';
import { Probe } from './probe.ts';

/**
 * What the server does with a second connection, tried with two of our own: after a crash the old one may still be there when the
 * bridge comes back.
 */
export async function conflictPolicy(config: XmppConfig, first: Probe): Promise<Finding> {
  const another = await Probe.open(config);
  try {
    if (another.ended?.condition === 'conflict') {
      return {
        code: 'component-conflict-policy',
        verdict: 'warning',
        evidence: 'the server keeps an old connection and refuses the new one: after a crash Rialto may wait for minutes',
        fix: `Prosody: component_conflict_resolve = "kick_old" below Component "${config.domain}"`,
      };
    }
    if (another.ended)
      return { code: 'component-conflict-policy', verdict: 'skipped', evidence: 'a second connection did not come about' };
    const gone = await first.endsWithin(300);
    const evidence = gone
      ? 'a new connection takes the place of an old one'
      : 'the server feeds two connections at once: Rialto must be the only one';
    return { code: 'component-conflict-policy', verdict: 'ok', evidence };
  } finally {
    await another.close();
  }
}
