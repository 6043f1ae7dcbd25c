import xml, { type Element } from '@xmpp/xml';
import { type XmlElement, xmlNs } from '../../../cpim/xml/element.ts';
import { readXml } from '../../../cpim/xml/read.ts';

/** One element from text that did not come down the stream; prefixes are written out as namespaces. Throws a CpimError. */
export function readElement(text: string): Element {
  return elementOf(readXml(text), '');
}

function elementOf({ ns, name, attributes, children }: XmlElement, outer: string): Element {
  const attrs: Record<string, string> = ns === outer ? {} : { xmlns: ns };
  for (const [at, attribute] of attributes.entries()) {
    if (attribute.ns === '') attrs[attribute.name] = attribute.value;
    else if (attribute.ns === xmlNs) attrs[`xml:${attribute.name}`] = attribute.value;
    else Object.assign(attrs, { [`xmlns:a${at}`]: attribute.ns, [`a${at}:${attribute.name}`]: attribute.value });
  }
  const inner = children.map((child) => (typeof child === 'string' ? child : elementOf(child, ns)));
  return xml(name, attrs, ...inner);
}
