import { CpimError } from '../error.ts';
import { isDateTime } from '../time.ts';
import { attribute, collapsed, text, word, type XmlAttribute, type XmlElement, xmlNs } from '../xml/element.ts';
import { readXml } from '../xml/read.ts';
import { isLanguage, isNcName } from '../xml/write.ts';
import { pidfNs } from './pidf.ts';
import { isPriority } from './priority.ts';

/** Valid for the schema of RFC 3863 §4.4 and for the text of §4.1. */
export function isValidPidf(xml: string): boolean {
  try {
    return isPresence(readXml(xml));
  } catch (error) {
    if (error instanceof CpimError) return false;
    throw error;
  }
}

// What may stand in an element, in this order; `*` is an extension.
const presence = /^(?:tuple )*(?:note )*(?:\* )*$/;
const tuple = /^status (?:\* )*(?:contact )?(?:note )*(?:timestamp )?$/;
// §4.1.3: at least one child.
const status = /^(?:basic |\* )(?:\* )*$/;

function isPresence(root: XmlElement): boolean {
  if (root.ns !== pidfNs || root.name !== 'presence' || !follows(root, presence) || !hasOnly(root, 'entity')) return false;
  const entity = collapsed(attribute(root, 'entity') ?? '');
  const ids = inPidf(root, 'tuple').map((one) => collapsed(attribute(one, 'id') ?? ''));
  const isEach = new Set(ids).size === ids.length && ids.every(isNcName);
  return entity !== '' && isEach && inPidf(root, 'tuple').every(isTuple) && inPidf(root, 'note').every(isNote);
}

function isTuple(of: XmlElement): boolean {
  if (!follows(of, tuple) || !hasOnly(of, 'id')) return false;
  return of.children.every((child) => typeof child === 'string' || child.ns !== pidfNs || isPart(child));
}

function isPart(child: XmlElement): boolean {
  switch (child.name) {
    case 'status':
      return follows(child, status) && hasOnly(child) && inPidf(child, 'basic').every(isBasic);
    case 'contact':
      return isLeaf(child) && hasOnly(child, 'priority') && isPriorityOrNone(attribute(child, 'priority'));
    case 'timestamp':
      return isLeaf(child) && hasOnly(child) && isDateTime(word(child));
    default:
      return isNote(child);
  }
}

function isPriorityOrNone(priority: string | undefined): boolean {
  return priority === undefined || isPriority(collapsed(priority));
}

function isBasic(of: XmlElement): boolean {
  return isLeaf(of) && hasOnly(of) && /^(?:open|closed)$/.test(text(of));
}

function isNote(of: XmlElement): boolean {
  const language = of.attributes.find(isLang)?.value;
  return (
    isLeaf(of) && of.attributes.every((one) => isLang(one) || isSchemaHint(one)) && (!language || isLanguage(collapsed(language)))
  );
}

function isLang({ ns, name }: XmlAttribute): boolean {
  return ns === xmlNs && name === 'lang';
}

// XML Schema Part 1 §3.2.7: allowed everywhere.
function isSchemaHint({ ns, name }: XmlAttribute): boolean {
  return ns === 'http://www.w3.org/2001/XMLSchema-instance' && /^(?:schemaLocation|noNamespaceSchemaLocation)$/.test(name);
}

/** No attribute but these, and they need not be there. */
function hasOnly({ attributes }: XmlElement, ...names: readonly string[]): boolean {
  return attributes.every((one) => (one.ns === '' && names.includes(one.name)) || isSchemaHint(one));
}

function inPidf({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter((child) => typeof child !== 'string').filter((child) => child.ns === pidfNs && child.name === name);
}

function isLeaf({ children }: XmlElement): boolean {
  return children.every((child) => typeof child === 'string');
}

/** Elements only, and in the order of the content. */
function follows({ children }: XmlElement, content: RegExp): boolean {
  let order = '';
  for (const child of children) {
    if (typeof child !== 'string') order += `${written(child)} `;
    else if (/[^ \t\r\n]/.test(child)) return false;
  }
  return content.test(order);
}

/** `##other` of the schema is an element of another namespace, but not one of none. */
function written({ ns, name }: XmlElement): string {
  if (ns === '') return '!';
  return ns === pidfNs ? name : '*';
}
