import { createHash } from 'node:crypto';
import { type MessageOperation, stepMessage } from '../../../src/cpim/message/operation.ts';
import { classifyEntity } from '../../../src/cpim/message/smime.ts';
import {
  type SubscribeOperation,
  type SubscriptionEvent,
  stepSubscribe,
  stepSubscription,
} from '../../../src/cpim/subscription/subscription.ts';
import { asJson, asStep } from '../compare.ts';
import type { Kinds } from './kind.ts';

type Operation = ({ op: 'message' } & MessageOperation) | ({ op: 'subscribe' } & SubscribeOperation);

/** As the README names it: null for a response that comes later. */
function step(operation: Operation): object {
  return operation.op === 'message' ? { response: null, ...stepMessage(operation) } : stepSubscribe(operation);
}

function classified(contentType: string, octets: Buffer): object {
  const sha256 = createHash('sha256').update(octets).digest('hex');
  return { ...classifyEntity(contentType, octets), sha256, length: octets.length };
}

export const operationKinds: Kinds = {
  'subscription.step': { run: (event: SubscriptionEvent) => stepSubscription(event), compare: asStep },
  'operation.step': { run: step, compare: asJson },
  'smime.classify': {
    run: ({ contentType, bodyBase64 }: { contentType: string; bodyBase64: string }) =>
      classified(contentType, Buffer.from(bodyBase64, 'base64')),
    compare: asJson,
  },
};
