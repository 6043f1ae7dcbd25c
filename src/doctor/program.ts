import type { Finding } from '../networks/finding.ts';
import { version } from '../ops/version.ts';

/** What the language needs that we write in; what we are tested with. */
const oldest = 22;
const tested = 24;

/** The program itself. */
export function* program(): Generator<Finding> {
  const major = Number(process.versions.node.split('.')[0]);
  const evidence = `Rialto ${version} on Node ${process.versions.node}`;
  if (major >= tested) return yield { code: 'node', verdict: 'ok', evidence };
  yield {
    code: 'node',
    verdict: major < oldest ? 'fault' : 'warning',
    evidence: `${evidence}: it is made for ${tested}`,
    fix: `install Node ${tested} or newer`,
  };
}
