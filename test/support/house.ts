import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import ts from 'typescript';

/** House rules that no other tool can check. `node test/support/house.ts` prints what breaks them; all are about src/. */
export interface Finding {
  readonly rule:
    | 'protocol-name'
    | 'decorator'
    | 'log-sentence'
    | 'empty-catch'
    | 'barrel'
    | 'folder-name'
    | 'folder-depth'
    | 'folder-size';
  readonly level: 'error' | 'warning';
  /** `src/rooms/room.ts:12:5` */
  readonly at: string;
  readonly text: string;
}

/** Words that only one protocol knows. Networks under src/networks/ are added by their folders' names. */
const protocolWords = [
  ...['xmpp', 'jabber', 'jid', 'muc', 'prosody', 'ejabberd', 'openfire'],
  ...['matrix', 'mxid', 'mxc', 'synapse', 'dendrite', 'appservice', 'homeserver'],
  ...['irc', 'ircd', 'sip', 'msrp', 'kamailio', 'asterisk'],
];
const mayNameProtocols = /^src\/networks\/([^/]+\/|registry\.ts$|network\.ts$)/;
const mayDecorate = /^src\/((admin|ops)\/.*|[^/]+|.*\.entity)\.ts$/;
const folderNames = new Set(['utils', 'util', 'common', 'shared', 'helpers', 'types', 'interfaces']);
const logLevels = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);
const maxDepth = 3;
const maxFiles = 14;

/** `xmppRoomJID` → xmpp, room, jid. */
const words = (text: string): string[] =>
  (text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase().replace(/s$/, ''));

function protocolNames(root: string): Set<string> {
  const folder = join(root, 'src/networks');
  const folders = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  return new Set([...protocolWords, ...folders.map((entry) => entry.name)].map((name) => name.replace(/s$/, '')));
}

interface Source {
  readonly path: string;
  readonly file: ts.SourceFile;
}

function finding(rule: Finding['rule'], { path, file }: Source, node: ts.Node, text: string): Finding {
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { rule, level: 'error', at: `${path}:${line + 1}:${character + 1}`, text };
}

/** What a leaf of the tree says: names and literals. Comments are no nodes, so they are free. */
function spoken(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) return node.text;
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) return node.text;
  return ts.isRegularExpressionLiteral(node) ? node.text : undefined;
}

function namesProtocol(source: Source, node: ts.Node, names: ReadonlySet<string>): Finding | undefined {
  const named = words(spoken(node) ?? '').find((word) => names.has(word));
  if (named === undefined || mayNameProtocols.test(source.path)) return undefined;
  return finding('protocol-name', source, node, `'${named}' names a protocol; ask what a room can carry, never who it is`);
}

function decorates(source: Source, node: ts.Node): Finding | undefined {
  if (!ts.isDecorator(node) || mayDecorate.test(source.path)) return undefined;
  return finding('decorator', source, node, 'decorators belong to admin/, ops/, *.entity.ts and the root files');
}

/** `log.info(…)`, `this.log.info(…)`, `host.log.info(…)` */
function isLogCall(node: ts.Node): node is ts.CallExpression {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression: on } = node.expression;
  const holder = ts.isIdentifier(on) ? on.text : ts.isPropertyAccessExpression(on) ? on.name.text : '';
  return logLevels.has(name.text) && /^(log|logger)$/.test(holder);
}

function logsVariable(source: Source, node: ts.Node): Finding | undefined {
  const sentence = isLogCall(node) ? node.arguments[0] : undefined;
  if (sentence === undefined || ts.isStringLiteralLike(sentence)) return undefined;
  return finding('log-sentence', source, sentence, 'log a constant sentence and put what varies into the fields');
}

/** `catch {}` and `.catch(() => {})` with not even a comment that says why. */
function swallows(source: Source, node: ts.Node): Finding | undefined {
  const body = ts.isCatchClause(node) ? node.block : promiseCatch(node);
  if (body === undefined || body.statements.length > 0 || body.getText(source.file).replace(/[{}\s]/g, '') !== '')
    return undefined;
  return finding('empty-catch', source, body, 'decide something, or say in a comment why nothing is to be done');
}

function promiseCatch(node: ts.Node): ts.Block | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'catch')
    return undefined;
  const [handler] = node.arguments;
  return handler !== undefined && ts.isArrowFunction(handler) && ts.isBlock(handler.body) ? handler.body : undefined;
}

const rules = [namesProtocol, decorates, logsVariable, swallows];

function inSource(source: Source, names: ReadonlySet<string>): Finding[] {
  const found: Finding[] = [];
  const visit = (node: ts.Node): void => {
    for (const rule of rules) {
      const broken = rule(source, node, names);
      if (broken !== undefined) found.push(broken);
    }
    ts.forEachChild(node, visit);
  };
  visit(source.file);
  return found;
}

/** Pages, styles and SQL: every word counts, but not in comments. */
function inText(path: string, text: string, names: ReadonlySet<string>): Finding[] {
  const code = text.replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\/|^\s*--.*$/gm, (comment) => comment.replace(/[^\n]/g, ' '));
  return code.split('\n').flatMap((line, index): Finding[] => {
    const named = words(line).find((word) => names.has(word));
    if (named === undefined || mayNameProtocols.test(path)) return [];
    return [{ rule: 'protocol-name', level: 'error', at: `${path}:${index + 1}:1`, text: `'${named}' names a protocol` }];
  });
}

/** Names and places: a file's own, and that of its folder. */
function inTree(paths: readonly string[]): Finding[] {
  const found: Finding[] = [];
  const error = (rule: Finding['rule'], at: string, text: string): unknown => found.push({ rule, level: 'error', at, text });
  for (const path of paths) {
    if (basename(path) === 'index.ts') error('barrel', path, 'no barrels: import the file that has it');
  }
  const folders = Map.groupBy(paths, (path) => dirname(path));
  for (const [folder, files] of folders) {
    const parts = folder.split('/').slice(1);
    const genre = parts.find((part) => folderNames.has(part));
    if (genre !== undefined) error('folder-name', folder, `'${genre}' is a genre, not a concept`);
    if (parts.length > maxDepth) error('folder-depth', folder, `${parts.length} folders deep; at most ${maxDepth}`);
    if (files.length > maxFiles) {
      found.push({ rule: 'folder-size', level: 'warning', at: folder, text: `${files.length} files: split it by concept` });
    }
  }
  return found;
}

/** All findings in the tree at `root`. */
export function house(root: string): Finding[] {
  const paths = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
  const names = protocolNames(root);
  const inside = paths.flatMap((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    if (extname(path) === '.ts') return inSource({ path, file: ts.createSourceFile(path, text, ts.ScriptTarget.Latest) }, names);
    return /\.(html|css|js|sql|svg)$/.test(path) ? inText(path, text, names) : [];
  });
  return [...inTree(paths), ...inside];
}

if (import.meta.main) {
  const findings = house(process.cwd());
  for (const { rule, level, at, text } of findings) console.log(`${level}: ${at} ${rule}: ${text}`);
  process.exitCode = findings.some(({ level }) => level === 'error') ? 1 : 0;
}
