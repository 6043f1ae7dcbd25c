import type { Id, Payload, Target } from '../../../cpim/envelope.ts';
import { type Event, textOf } from '../event.ts';
import { reaction, redaction } from './about.ts';
import type { Feature, Scene } from './feature.ts';
import { sticker } from './media.ts';
import { message } from './message.ts';
import { call, encrypted, foreign, poll } from './opaque.ts';
import { relationsOf, replyOf } from './relation.ts';
import { encryption, member, roomName, tombstone, topic } from './state.ts';

/** What each type of a message-like event makes of it. All other types: `foreign`. */
const messages: ReadonlyMap<string, Feature> = new Map([
  ['m.room.message', message],
  ['m.room.encrypted', encrypted],
  ['m.room.redaction', redaction],
  ['m.reaction', reaction],
  ['m.sticker', sticker],
  ['m.poll.start', poll],
  ['org.matrix.msc3381.poll.start', poll],
  ['m.call.invite', call],
]);

/** Of state events. All other types say nothing to anybody. */
const states: ReadonlyMap<string, Feature> = new Map([
  ['m.room.member', member],
  ['m.room.name', roomName],
  ['m.room.topic', topic],
  ['m.room.encryption', encryption],
  ['m.room.tombstone', tombstone],
]);

export interface Said {
  readonly payload: Payload;
  readonly reply?: Target;
  readonly thread?: Id;
}

/** What an event says; undefined if it says nothing. Throws for one that cannot be understood. */
export function said(event: Event, scene: Scene): Said | undefined {
  const feature = event.stateKey === undefined ? (messages.get(event.type) ?? foreign) : states.get(event.type);
  const payload = feature?.(event, scene);
  if (payload === undefined) return undefined;
  if (event.stateKey !== undefined) return { payload };
  const { answers, thread } = relationsOf(event.content);
  const reply = answers === undefined ? undefined : replyOf(answers, textOf(event.content, 'body') ?? '', scene.name).reply;
  return { payload, ...(reply === undefined ? {} : { reply }), ...(thread === undefined ? {} : { thread }) };
}
