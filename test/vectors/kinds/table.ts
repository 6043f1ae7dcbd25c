import { jidKinds } from './jid.ts';
import type { Kinds } from './kind.ts';
import { messageKinds } from './message.ts';
import { notificationKinds } from './notification.ts';
import { operationKinds } from './operation.ts';
import { presenceKinds } from './presence.ts';

/** Every kind that is built. One file of kinds is one line here. */
export const kinds: Kinds = {
  ...messageKinds,
  ...presenceKinds,
  ...notificationKinds,
  ...operationKinds,
  ...jidKinds,
};
