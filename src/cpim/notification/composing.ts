import { CpimError } from '../error.ts';
import { isDateTime } from '../time.ts';
import { element, word, wrong, type XmlElement } from '../xml/element.ts';
import { readXml } from '../xml/read.ts';
import { xmlAttribute, xmlDeclaration, xmlLeaf } from '../xml/write.ts';

const composingNs = 'urn:ietf:params:xml:ns:im-iscomposing';

/** Whether somebody is writing (RFC 3994 §3.4). */
export interface Composing {
  readonly state: 'active' | 'idle';
  /** A media type, or the first part of one. */
  readonly contentType?: string;
  /** When the next document comes at the latest, in seconds; it counts while the state is active. */
  readonly refresh?: number;
  /** RFC 3339. */
  readonly lastActive?: string;
}

/** The five states of a chat; the documents of RFC 3994 have two. */
export type ChatState = 'active' | 'composing' | 'paused' | 'inactive' | 'gone';

/** RFC 7573 §6, tables 3 and 4. */
export function chatStateOf({ state }: Composing): ChatState {
  return state === 'active' ? 'composing' : 'active';
}

/** Undefined for `gone`: nothing is sent. */
export function composingOf(chatState: ChatState): Composing | undefined {
  if (chatState === 'gone') return undefined;
  return { state: chatState === 'composing' ? 'active' : 'idle' };
}

/**
 * A state that is not known is idle (§3.5), a value that its type does not allow is as good as absent, and what is foreign is
 * passed over. Throws a CpimError.
 */
export function parseComposing(xml: string): Composing {
  const root = readXml(xml);
  if (root.ns !== composingNs || root.name !== 'isComposing') throw wrong(root, 'not a composing indication');
  const state = value(root, 'state');
  if (state === undefined) throw wrong(root, 'no state');
  const contentType = value(root, 'contenttype');
  const refresh = value(root, 'refresh');
  const lastActive = value(root, 'lastactive');
  return {
    state: state === 'active' ? 'active' : 'idle',
    ...(contentType && { contentType }),
    ...(refresh !== undefined && isSeconds.test(refresh) && { refresh: Number(refresh) }),
    ...(lastActive !== undefined && isDateTime(lastActive) && { lastActive }),
  };
}

const isSeconds = /^\+?0*[1-9]\d{0,8}$/;

function value(root: XmlElement, name: string): string | undefined {
  const found = element(root, composingNs, name);
  return found && word(found);
}

/** In the order of the schema (§4). Throws a CpimError, `malformed`, for what would not be valid. */
export function formatComposing({ state, contentType, refresh, lastActive }: Composing): string {
  const seconds = refresh === undefined ? undefined : String(refresh);
  if (!/^(?:active|idle)$/.test(state)) throw malformed('neither active nor idle');
  if (seconds !== undefined && !isSeconds.test(seconds)) throw malformed('not a positive number of seconds');
  if (lastActive !== undefined && !isDateTime(lastActive)) throw malformed('not a time');
  const content = xmlLeaf('state', state) + xmlLeaf('lastactive', lastActive) + xmlLeaf('contenttype', contentType);
  return `${xmlDeclaration}<isComposing${xmlAttribute('xmlns', composingNs)}>${content}${xmlLeaf('refresh', seconds)}</isComposing>`;
}

function malformed(what: string): CpimError {
  return new CpimError('malformed', what, 0);
}
