import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { fromCpim, toCpim } from '../../src/cpim/carry/carry.ts';
import { format, parse } from '../../src/cpim/message/message.ts';
import { formatComposing, parseComposing } from '../../src/cpim/notification/composing.ts';
import { formatImdn, parseImdn } from '../../src/cpim/notification/imdn.ts';
import { formatPidf } from '../../src/cpim/presence/format-pidf.ts';
import { parsePidf } from '../../src/cpim/presence/parse-pidf.ts';
import { isValidPidf } from '../../src/cpim/presence/valid-pidf.ts';
import { inMarks } from '../../src/cpim/text/marks.ts';
import { formatMailbox, parseMailbox } from '../../src/cpim/uri.ts';
import { readPlain } from '../../src/cpim/xml/plain.ts';
import { readAny } from '../../src/cpim/xml/read.ts';
import { wordsOfHtml } from '../../src/networks/matrix/features/html.ts';
import { htmlOf } from '../../src/networks/matrix/outbox/formatted.ts';
import { styled } from '../../src/networks/xmpp/features/styling.ts';
import { said } from '../../src/networks/xmpp/features/table.ts';
import * as jid from '../../src/networks/xmpp/jid.ts';
import { StreamFault, StreamParser } from '../../src/networks/xmpp/wire/parser.ts';
import { readElement } from '../../src/networks/xmpp/wire/read.ts';
import { composings, documents, imdns } from '../unit/cpim/documents.ts';
import { envelopes } from '../unit/cpim/envelopes.ts';
import { kinds } from '../vectors/kinds/table.ts';
import { readVectors, type Vector } from '../vectors/vector.ts';

/** Something that takes texts of outside. It may refuse a text by an error with the class of the refusal; any other error is a finding. */
export interface Target {
  readonly name: string;
  /** Texts that it is made for, good ones and bad ones. */
  readonly corpus: readonly string[];
  run(text: string): void;
}

const vectors = readVectors(join(import.meta.dirname, '../vectors/cpim-vectors.json'));

/** The members of inputs that come from outside. Everything else in an input is the caller's. */
const outside: Readonly<Record<string, readonly string[]>> = {
  'jid.prepare': ['jid'],
  'jid.unescape': ['local'],
  'jid.escape': ['text'],
  'uri.from-jid': ['jid'],
  'uri.to-jid': ['uri'],
  'cpim.parse': ['cpim'],
  'cpim.header-unescape': ['value'],
  'pidf.validate': ['pidf'],
  'pidf.parse': ['pidf'],
  'xmpp.message-to-cpim': ['stanza'],
  'cpim.message-to-xmpp': ['cpim'],
  'xmpp.presence-to-cpp': ['stanza'],
  'cpp.to-xmpp-presence': ['pidf', 'from', 'to', 'contentType', 'contentId', 'watcher', 'target'],
  'error.stanza': ['stanza'],
  'imdn.parse': ['imdn'],
  'imdn.respond': ['cpim'],
  'composing.parse': ['composing'],
  'smime.classify': ['contentType', 'bodyBase64'],
  'smime.from-xmpp': ['stanza'],
  'form.parse': ['form'],
  'rpc.parse': ['rpc'],
  'xmpp.message-to-sip': ['stanza'],
  'sip.message-to-xmpp': ['sip'],
};

/** A kind of vectors: each vector's own input, with one member changed. */
function kindTargets(): Target[] {
  return Object.entries(outside).flatMap(([name, members]) =>
    members.map((member): Target => {
      const kind = kinds[name];
      const own = vectors.filter((vector) => vector.kind === name && typeof vector.input[member] === 'string');
      if (kind === undefined || own.length === 0) throw new Error(`no vectors for ${name} ${member}`);
      const inputs = new Map<string, Vector>(own.map((vector) => [vector.input[member] as string, vector]));
      const [any] = own;
      return {
        name: members.length > 1 ? `${name} ${member}` : name,
        corpus: [...inputs.keys()],
        run: (text) => {
          for (const profile of ['strict3922', 'extended'] as const)
            kind.run({ ...any?.input, [member]: text } as never, profile);
        },
      };
    }),
  );
}

function texts(kind: string, member: string): string[] {
  return vectors.flatMap(({ kind: one, input }) => (one === kind && typeof input[member] === 'string' ? [input[member]] : []));
}

/** As fast-check makes them, always the same. */
function made<T>(arbitrary: fc.Arbitrary<T>, write: (value: T) => string): string[] {
  return fc.sample(arbitrary, { seed: 1, numRuns: 200 }).map(write);
}

const showNs = 'jabber:client';
const stanzas = [...texts('xmpp.message-to-cpim', 'stanza'), ...texts('smime.from-xmpp', 'stanza')];

/** What is read must be the same when it is written and read again. */
const againTargets: readonly Target[] = [
  {
    name: 'message again',
    corpus: texts('cpim.parse', 'cpim'),
    run: (text) => {
      const { headers, mime, body } = parse(text, 'strict');
      const drafts = headers.map(({ address, features, ...draft }) => draft);
      const again = parse(format(drafts, mime, body), 'strict');
      assert.deepEqual(again, { headers, mime, body });
    },
  },
  {
    name: 'envelope again',
    corpus: made(envelopes, (envelope) => toCpim(envelope).toString('utf8')),
    run: (text) => {
      const envelope = fromCpim(Buffer.from(text, 'utf8'));
      assert.deepEqual(fromCpim(toCpim(envelope)), envelope);
    },
  },
  {
    name: 'presence again',
    corpus: made(documents, (document) => formatPidf(document, showNs)),
    run: (text) => {
      const document = parsePidf(text, showNs);
      const written = formatPidf(document, showNs);
      assert.deepEqual(parsePidf(written, showNs), document);
      assert(isValidPidf(written));
    },
  },
  {
    name: 'disposition again',
    corpus: made(imdns, formatImdn),
    run: (text) => {
      const imdn = parseImdn(text);
      assert.deepEqual(parseImdn(formatImdn(imdn)), imdn);
    },
  },
  {
    name: 'composing again',
    corpus: made(composings, formatComposing),
    run: (text) => {
      const composing = parseComposing(text);
      assert.deepEqual(parseComposing(formatComposing(composing)), composing);
    },
  },
  {
    name: 'address again',
    corpus: texts('uri.to-jid', 'uri'),
    run: (text) => {
      const mailbox = parseMailbox(text);
      for (const profile of ['strict3922', 'extended'] as const)
        assert.deepEqual(parseMailbox(formatMailbox(mailbox, profile)), mailbox);
    },
  },
  {
    name: 'jid again',
    corpus: texts('jid.prepare', 'jid'),
    run: (text) => {
      const prepared = jid.parse(text);
      // RFC 8264 §7: what is prepared stays what it is.
      if (prepared) assert.deepEqual(jid.parse(jid.format(prepared)), prepared);
    },
  },
];

const otherTargets: readonly Target[] = [
  {
    name: 'styling again',
    corpus: ['a *b* _c *d*_', '> > q\n> ```js\n> x\n> ```\nend', '`x` ~y~ 👍', '```\nnever closed'],
    run: (text) => {
      const words = styled(text);
      assert.deepEqual(styled(inMarks(words).text), words);
    },
  },
  {
    name: 'html',
    corpus: [
      '<p>a <b>b<i>c</b></i></p><ul><li>d<ol start=2><li>e</ul>',
      '<pre><code class="language-c">x\n</code></pre><blockquote>q<br/></blockquote><mx-reply>r</mx-reply>',
      '<a href="https://matrix.to/#/@u:h">U</a> <span data-mx-spoiler>&lt;&amp;&#x1f44d;</span><!-- x --><![CDATA[y]]>',
    ],
    run: (text) => {
      const words = wordsOfHtml(text, (id) => id);
      htmlOf(inMarks(words, (style) => style === 'quote'));
    },
  },
  { name: 'stanza to envelope', corpus: stanzas, run: (text) => void said(readElement(text)) },
  {
    name: 'quick XML',
    corpus: [...texts('pidf.parse', 'pidf'), ...texts('imdn.parse', 'imdn'), ...stanzas],
    run: (text) => {
      const quick = text.isWellFormed() ? readPlain(text) : undefined;
      if (quick) assert.deepEqual(quick, readAny(text));
    },
  },
  {
    name: 'stream',
    corpus: stanzas.map(
      (stanza) => `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>${stanza}`,
    ),
    run: (text) => {
      const octets = Buffer.from(text, 'utf8');
      const parser = new StreamParser({ element: (el) => void said(el), oversized: () => undefined }, 10_000);
      try {
        for (let at = 0; at < octets.length; at += 1000) parser.octets(octets.subarray(at, at + 1000));
      } catch (error) {
        if (!(error instanceof StreamFault)) throw error;
      }
    },
  },
];

export const targets: readonly Target[] = [...kindTargets(), ...againTargets, ...otherTargets];
