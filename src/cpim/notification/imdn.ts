import { CpimError } from '../error.ts';
import { element, elements, text, word, wrong, type XmlElement } from '../xml/element.ts';
import { readXml } from '../xml/read.ts';
import { xmlAttribute, xmlDeclaration, xmlLeaf } from '../xml/write.ts';

const imdnDocumentNs = 'urn:ietf:params:xml:ns:imdn';

/** What became of a message (RFC 5438 §11). */
export interface Imdn {
  readonly messageId: string;
  /** DateTime of that message. */
  readonly datetime: string;
  /** Both or none (§11.1.9). */
  readonly recipientUri?: string;
  readonly originalRecipientUri?: string;
  /** Only with the URIs. */
  readonly subject?: string;
  readonly type: ImdnType;
  /** One of `statuses` of the type. */
  readonly status: string;
}

export type ImdnType = 'delivery' | 'display' | 'processing';

const statuses: Readonly<Record<ImdnType, readonly string[]>> = {
  delivery: ['delivered', 'failed', 'forbidden', 'error'],
  display: ['displayed', 'forbidden', 'error'],
  processing: ['processed', 'stored', 'forbidden', 'error'],
};
const types: readonly ImdnType[] = ['delivery', 'display', 'processing'];

/** Extensions are passed over, in whatever order they come. Throws a CpimError. */
export function parseImdn(xml: string): Imdn {
  const root = readXml(xml);
  if (root.ns !== imdnDocumentNs || root.name !== 'imdn') throw wrong(root, 'not a disposition notification');
  const recipientUri = optionalWord(root, 'recipient-uri');
  const originalRecipientUri = optionalWord(root, 'original-recipient-uri');
  const subject = element(root, imdnDocumentNs, 'subject');
  return {
    messageId: needWord(root, 'message-id'),
    datetime: needWord(root, 'datetime'),
    ...(recipientUri !== undefined && { recipientUri }),
    ...(originalRecipientUri !== undefined && { originalRecipientUri }),
    ...(subject && { subject: text(subject) }),
    ...parseDisposition(root),
  };
}

function optionalWord(root: XmlElement, name: string): string | undefined {
  const found = element(root, imdnDocumentNs, name);
  return found && word(found);
}

function needWord(root: XmlElement, name: string): string {
  const value = optionalWord(root, name);
  if (!value) throw wrong(root, `no ${name}`);
  return value;
}

function parseDisposition(root: XmlElement): Pick<Imdn, 'type' | 'status'> {
  const found = types.flatMap((type) => elements(root, imdnDocumentNs, `${type}-notification`).map((one) => ({ type, one })));
  const [first] = found;
  if (first === undefined || found.length > 1) throw wrong(root, 'not exactly one notification');
  const status = element(first.one, imdnDocumentNs, 'status');
  const [said, ...more] = status === undefined ? [] : elements(status, imdnDocumentNs);
  if (said === undefined || more.length > 0) throw wrong(first.one, 'not exactly one status');
  if (!statuses[first.type].includes(said.name)) throw wrong(said, `no status of a ${first.type} notification`);
  return { type: first.type, status: said.name };
}

/** Throws a CpimError, `malformed`, for what would not be valid. */
export function formatImdn(imdn: Imdn): string {
  const { messageId, datetime, recipientUri, originalRecipientUri, subject, type, status } = imdn;
  if (!messageId || !datetime) throw malformed('no message-id or no datetime');
  if (!types.includes(type) || !statuses[type].includes(status)) throw malformed('a status that this type has not');
  const hasRecipient = recipientUri !== undefined;
  if (hasRecipient !== (originalRecipientUri !== undefined)) throw malformed('one of two URIs');
  if (subject !== undefined && !hasRecipient) throw malformed('a subject without the URIs');
  const about = xmlLeaf('message-id', messageId) + xmlLeaf('datetime', datetime);
  const recipient = xmlLeaf('recipient-uri', recipientUri) + xmlLeaf('original-recipient-uri', originalRecipientUri);
  const said = `<${type}-notification><status><${status}/></status></${type}-notification>`;
  const content = `${about}${recipient}${xmlLeaf('subject', subject)}${said}`;
  return `${xmlDeclaration}<imdn${xmlAttribute('xmlns', imdnDocumentNs)}>${content}</imdn>`;
}

function malformed(what: string): CpimError {
  return new CpimError('malformed', what, 0);
}
