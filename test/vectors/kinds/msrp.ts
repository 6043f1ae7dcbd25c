import { type Chunk, reassemble } from '../../../src/networks/sip/msrp-chunks.ts';
import { asJson } from '../compare.ts';
import type { Kinds } from './kind.ts';

interface Sent {
  readonly byteRange: string;
  readonly flag: Chunk['flag'];
  readonly body: string;
}

function joined(chunks: readonly Sent[]): object {
  const whole = reassemble(chunks.map(({ byteRange, flag, body }) => ({ range: byteRange, flag, body: Buffer.from(body) })));
  return whole.state === 'complete' ? { state: whole.state, body: whole.body.toString() } : whole;
}

export const msrpKinds: Kinds = {
  'msrp.reassemble': { run: ({ chunks }: { chunks: Sent[] }) => joined(chunks), compare: asJson },
};
