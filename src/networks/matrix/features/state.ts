import type { Notice } from '../../../cpim/envelope.ts';
import { type Event, type Json, part, textOf } from '../event.ts';
import type { Feature } from './feature.ts';

/** `m.room.name`. */
export const roomName: Feature = (event, scene) => {
  const name = textOf(event.content, 'name')?.trim();
  const who = scene.name(event.sender);
  return notice(name ? `${who} changed the name of the room to: ${name}` : `${who} removed the name of the room`);
};

/** `m.room.topic`. */
export const topic: Feature = (event, scene) => {
  const text = textOf(event.content, 'topic')?.trim();
  const who = scene.name(event.sender);
  return notice(text ? `${who} changed the topic to: ${text}` : `${who} removed the topic`);
};

export const encryptionNotice =
  'Encryption was switched on here. The bridge cannot read what is said from now on: nobody outside of this room hears it.';

/** `m.room.encryption`: it is never switched off again. */
export const encryption: Feature = (event, scene) =>
  notice(
    `${scene.name(event.sender)} switched on encryption on the other side: what is said there from now on cannot be shown here`,
  );

/** `m.room.tombstone`. */
export const tombstone: Feature = (event) => {
  const text = textOf(event.content, 'body')?.trim();
  return notice(`The room has been replaced by a new one${text ? `: ${text}` : ''}`);
};

/** `m.room.member` of a native person. */
export const member: Feature = (event, scene) => {
  const before = previous(event);
  const reason = textOf(event.content, 'reason')?.trim().slice(0, 500);
  const why = reason ? { reason } : {};
  const name = scene.name(event.stateKey ?? '');
  if (event.content.membership !== 'join' && wasOutside(event)) return undefined;
  switch (event.content.membership) {
    case 'join': {
      const change = before.membership === 'join' ? 'rename' : 'join';
      return { kind: 'membership', change, name, ...(change === 'join' ? why : {}) };
    }
    case 'leave':
    case 'ban':
      return { kind: 'membership', change: 'leave', name, ...causeOf(event, scene.name), ...why };
    case 'invite':
    case 'knock':
      return undefined;
    default:
      throw new TypeError('a membership of no known kind');
  }
};

function previous(event: Event): Json {
  return part(part(event.raw, 'unsigned'), 'prev_content');
}

/** A ban that is lifted and an invitation that is refused are leaves too (Client-Server API, "Room membership"). */
function wasOutside(event: Event): boolean {
  const { membership } = previous(event);
  return membership !== undefined && membership !== 'join';
}

function causeOf(event: Event, name: (userId: string) => string): { cause: 'left' | 'kicked' | 'banned'; by?: string } {
  if (event.content.membership === 'ban') return { cause: 'banned', by: name(event.sender) };
  if (event.sender !== event.stateKey) return { cause: 'kicked', by: name(event.sender) };
  return { cause: 'left' };
}

/** Somebody has put one of our ghosts out: those it stands for should know. */
export const ghostRemoved: Feature = (event, scene) => {
  const { membership } = event.content;
  if ((membership !== 'ban' && membership !== 'leave') || wasOutside(event)) return undefined;
  const reason = textOf(event.content, 'reason')?.trim().slice(0, 500);
  const what = membership === 'ban' ? 'banned' : 'removed';
  return notice(
    `${scene.name(event.sender)} ${what} ${scene.name(event.stateKey ?? '')} from the room${reason ? `: ${reason}` : ''}`,
  );
};

function notice(text: string): Notice {
  return { kind: 'notice', text };
}
