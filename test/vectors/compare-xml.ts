import { SaxesParser } from 'saxes';

/** An element in a form in which equal trees are deeply equal: names are `{namespace}local`, attributes are sorted. */
interface Tree {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  children: (Tree | string)[];
}

/** Throws if it is no XML document. Comments, declarations and prefixes are not in the tree; line ends are LF (XML 1.0 §2.11). */
export function canonical(xml: string): Tree {
  const parser = new SaxesParser({ xmlns: true });
  const open: Tree[] = [{ name: '', attributes: [], children: [] }];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    const given = Object.values(attributes).filter((one) => one.prefix !== 'xmlns' && one.name !== 'xmlns');
    const sorted = given.map((one) => [named(one.uri, one.local), one.value] as const).sort(([a], [b]) => (a < b ? -1 : 1));
    const tree: Tree = { name: named(uri, local), attributes: sorted, children: [] };
    open.at(-1)?.children.push(tree);
    open.push(tree);
  });
  const text = (piece: string): void => {
    const into = open.at(-1)?.children ?? [];
    const before = into.at(-1);
    if (typeof before === 'string') into[into.length - 1] = before + piece;
    else into.push(piece);
  };
  parser.on('text', text);
  parser.on('cdata', text);
  parser.on('closetag', () => {
    const tree = open.pop();
    if (tree) tree.children = tree.children.filter((child) => typeof child !== 'string' || isSaid(child, tree));
  });
  parser.write(xml).close();
  const root = open[0]?.children.find((child) => typeof child !== 'string');
  if (!root || typeof root === 'string') throw new Error('no element');
  return root;
}

/** Whitespace between elements is free; the text of an element without child elements is exact. */
function isSaid(text: string, { children }: Tree): boolean {
  return text !== '' && (children.every((child) => typeof child === 'string') || /[^ \t\r\n]/.test(text));
}

function named(uri: string, local: string): string {
  return uri === '' ? local : `{${uri}}${local}`;
}

const pidf = (local: string): string => `{urn:ietf:params:xml:ns:pidf}${local}`;

/** The order of tuples, and of what follows `basic` inside `status`, is free too. */
export function canonicalPidf(xml: string): Tree {
  const root = canonical(xml);
  if (root.name !== pidf('presence')) return root;
  const tuples = root.children.filter(isTuple);
  for (const tuple of tuples) {
    for (const status of tuple.children) {
      if (typeof status !== 'string' && status.name === pidf('status')) status.children.sort(basicFirst);
    }
  }
  tuples.sort(byText);
  root.children = root.children.map((child) => (isTuple(child) ? (tuples.shift() ?? child) : child));
  return root;
}

function isTuple(child: Tree | string): child is Tree {
  return typeof child !== 'string' && child.name === pidf('tuple');
}

function basicFirst(a: Tree | string, b: Tree | string): number {
  return Number(isBasic(b)) - Number(isBasic(a)) || byText(a, b);
}

function isBasic(child: Tree | string): boolean {
  return typeof child !== 'string' && child.name === pidf('basic');
}

function byText(a: Tree | string, b: Tree | string): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : Number(left > right);
}
