import { cppKinds } from './cpp.ts';
import { errorKinds } from './errors.ts';
import { jidKinds } from './jid.ts';
import type { Kinds } from './kind.ts';
import { messageKinds } from './message.ts';
import { msrpKinds } from './msrp.ts';
import { notificationKinds } from './notification.ts';
import { operationKinds } from './operation.ts';
import { payloadKinds } from './payloads.ts';
import { presenceKinds } from './presence.ts';
import { protectedKinds } from './protected.ts';
import { sipKinds } from './sip.ts';
import { stanzaKinds } from './stanzas.ts';
import { uriKinds } from './uri.ts';

/** Every kind that is built. One file of kinds is one line here. */
export const kinds: Kinds = {
  ...messageKinds,
  ...presenceKinds,
  ...cppKinds,
  ...notificationKinds,
  ...operationKinds,
  ...jidKinds,
  ...uriKinds,
  ...errorKinds,
  ...msrpKinds,
  ...sipKinds,
  ...stanzaKinds,
  ...payloadKinds,
  ...protectedKinds,
};
