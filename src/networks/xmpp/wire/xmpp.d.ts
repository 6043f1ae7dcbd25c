// The libraries come without types. Only what the wire and its callers use is declared, and as it is in 0.13.

declare module '@xmpp/xml' {
  import type { EventEmitter } from 'node:events';

  export type Node = Element | string;
  export type Child = Node | number | boolean | null | undefined | readonly Child[];
  export type Attrs = Record<string, string>;

  export class Element {
    constructor(name: string, attrs?: Record<string, string | number | undefined> | string);
    name: string;
    parent: Element | null;
    children: Node[];
    attrs: Attrs;
    is(name: string, xmlns?: string): boolean;
    getName(): string;
    getNS(): string | undefined;
    getChild(name: string, xmlns?: string): Element | undefined;
    getChildren(name: string, xmlns?: string): Element[];
    getChildElements(): Element[];
    getChildByAttr(attr: string, value: string, xmlns?: string, recursive?: boolean): Element | undefined;
    getChildText(name: string, xmlns?: string): string | null;
    getText(): string;
    text(): string;
    c(name: string, attrs?: Record<string, string | number | undefined> | string): Element;
    cnode(child: Element): Element;
    t(text: string): Element;
    up(): Element;
    append(...nodes: Node[]): void;
    prepend(...nodes: Node[]): void;
    remove(child: Element): Element;
    remove(name: string, xmlns?: string): Element;
    clone(): Element;
    toString(): string;
  }

  export class Parser extends EventEmitter {
    root: Element | null;
    cursor: Element | null;
    onStartElement(name: string, attrs: Attrs): void;
    onEndElement(name: string): void;
    onText(text: string): void;
    write(data: string): void;
  }

  interface Xml {
    (name: string, attrs?: Record<string, string | number | undefined> | string | null, ...children: Child[]): Element;
    Element: typeof Element;
    Parser: typeof Parser;
    escapeXMLText(text: string): string;
  }
  // The package is CommonJS: in ESM only the default import exists at run time, the classes hang on it.
  const xml: Xml;
  export default xml;
}

declare module '@xmpp/xml/lib/parse.js' {
  import type { Element } from '@xmpp/xml';

  /** The one element of a text; throws what is wrong with it. */
  export default function parse(text: string): Element;
}

declare module '@xmpp/component' {
  import type { EventEmitter } from 'node:events';
  import type { Socket } from 'node:net';
  import type { Element, Parser } from '@xmpp/xml';

  export interface Component extends EventEmitter {
    socket: Socket | null;
    timeout: number;
    Parser: new () => Parser;
    reconnect: { stop(): void };
    connect(service: string): Promise<void>;
    open(options: { domain: string; timeout?: number }): Promise<Element>;
    headerElement(): Element;
    _onData(data: Buffer): void;
    _onElement(element: Element): void;
  }
  export function component(options: { service: string; domain: string; password: string }): Component;
}
