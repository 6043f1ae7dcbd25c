import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Style } from '../../../src/cpim/envelope.ts';
import type { Words } from '../../../src/cpim/text/words.ts';
import { wordsOfHtml } from '../../../src/networks/matrix/features/html.ts';
import { wordsOf } from '../../../src/networks/matrix/features/words.ts';
import { htmlOf } from '../../../src/networks/matrix/outbox/formatted.ts';

const words = (html: string): Words => wordsOfHtml(html, (id) => `name of ${id}`);

function shown({ text, spans = [] }: Words): string {
  const points = Array.from(text);
  return spans
    .map(({ style, start, end, language, href }) => `${style}${language ?? href ?? ''}[${points.slice(start, end).join('')}]`)
    .join(' ');
}

describe('a formatted body', () => {
  test.each<[html: string, text: string, spans: string]>([
    ['a <b>bold</b> <em>word</em>', 'a bold word', 'strong[bold] emphasis[word]'],
    ['<strong><i>both</i></strong>', 'both', 'strong[both] emphasis[both]'],
    ['<p>one</p>\n<p>two<br>three</p>\n', 'one\n\ntwo\nthree', ''],
    ['a  \n b', 'a b', ''],
    ['<h1>Title</h1>text', 'Title\ntext', 'strong[Title]'],
    ['<ul>\n<li>a</li>\n<li><p>b</p><ol start="3"><li>c</li></ol></li>\n</ul>', '• a\n• b\n\n  3. c', ''],
    ['<pre><code class="language-rust">fn x()\n  y\n</code></pre>z', 'fn x()\n  y\nz', 'blockrust[fn x()\n  y]'],
    ['<blockquote>\n<p>q</p>\n</blockquote>\n<p>a</p>', 'q\n\na', 'quote[q]'],
    ['<a href="https://e.org/?a&amp;b">here</a>', 'here', 'linkhttps://e.org/?a&b[here]'],
    ['<a href="javascript:alert(1)">here</a>', 'here', ''],
    ['<span data-mx-spoiler="why">hush</span> <span style="x">no</span>', 'hush no', 'spoiler[hush]'],
    ['<mx-reply><blockquote>old</blockquote></mx-reply>new', 'new', ''],
    ['<script>alert(1)</script>x<style>y</style>', 'x', ''],
    ['1 &lt; 2 &amp; 👍 <u>3</u>', '1 < 2 & 👍 3', 'underline[3]'],
    ['<img src="mxc://x" alt=":cat:"> <font color="#f00">red</font>', ':cat: red', ''],
    ['<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>', 'a b\n1 2', ''],
    ['<b>never <i>closed', 'never closed', 'strong[never closed] emphasis[closed]'],
    ['<b></b><b> </b>x', 'x', ''],
    ['', '', ''],
  ])('%s', (html, text, spans) => {
    const read = words(html);
    expect([read.text, shown(read)]).toEqual([text, spans]);
  });

  test('names of people are mentions', () => {
    const read = words('<a href="https://matrix.to/#/@bob:e.org">Bob</a>: see <a href="https://matrix.to/#/%23r:e.org">#r</a>');
    expect(read.mentions).toEqual([{ who: { uri: 'im:bob@e.org', name: 'name of @bob:e.org' }, start: 0, end: 3 }]);
    expect(shown(read)).toBe('linkhttps://matrix.to/#/%23r:e.org[#r]');
  });

  test('a tag in a tag in a tag …', () => {
    const read = words(`${'<b>'.repeat(10_000)}x${'</b>'.repeat(10_000)}`);
    expect(read.text).toBe('x');
    expect(read.spans?.length).toBeLessThanOrEqual(100);
  });
});

describe('the words of a message', () => {
  const scene = { name: (id: string) => id.slice(1, id.indexOf(':')), author: () => undefined };
  const html = (formatted: string, more: object = {}): Words =>
    wordsOf({ format: 'org.matrix.custom.html', formatted_body: formatted, ...more }, 'as **typed**', scene);

  test('are those of the formatted body where that says more', () => {
    expect(html('<b>hi</b>')).toEqual({ text: 'hi', spans: [{ style: 'strong', start: 0, end: 2 }] });
    expect(html('<ul><li>hi</li></ul>')).toEqual({ text: 'as **typed**' });
    expect(html('<b> </b>')).toEqual({ text: 'as **typed**' });
    expect(html('<b>hi</b>', { format: 'org.x' })).toEqual({ text: 'as **typed**' });
  });

  test('mention those who are meant, and say where if they are linked', () => {
    const pills = '<a href="https://matrix.to/#/@bob:hs">Bob</a> and <a href="matrix:u/al:hs">Al</a>';
    const bob = { who: { uri: 'im:bob@hs', name: 'bob' }, start: 0, end: 3 };
    expect(html(pills).mentions).toEqual([bob, { who: { uri: 'im:al@hs', name: 'al' }, start: 8, end: 10 }]);
    const meant = { 'm.mentions': { user_ids: ['@bob:hs', '@bob:hs', '@carol:hs', 5, 'x'], room: true } };
    expect(html(pills, meant).mentions).toEqual([bob, { who: { uri: 'im:carol@hs', name: 'carol' } }, {}]);
    expect(html(pills, { 'm.mentions': {} })).toEqual({ text: 'Bob and Al' });
  });
});

describe('a formatted body of ours', () => {
  const styles: readonly Style[] = ['strong', 'emphasis', 'underline', 'strike', 'code', 'block', 'quote', 'spoiler', 'link'];

  test('nothing in it is a tag that no span has made', () => {
    expect(htmlOf({ text: '<b>&"\n👍', spans: [{ style: 'strong', start: 0, end: 1 }] })).toBe(
      '<strong>&lt;</strong>b&gt;&amp;&quot;<br>👍',
    );
    expect(htmlOf({ text: 'x', spans: [{ style: 'link', start: 0, end: 1, href: 'https://e.org/"><script>' }] })).toBe(
      '<a href="https://e.org/&quot;&gt;&lt;script&gt;">x</a>',
    );
  });

  test('a block ends the line before it, and the one it is', () => {
    const spans = [{ style: 'quote', start: 2, end: 5 } as const, { style: 'block', start: 6, end: 9, language: 'c' } as const];
    expect(htmlOf({ text: 'a\nb\nc\nd\ne\nf', spans })).toBe(
      'a<blockquote>b<br>c</blockquote><pre><code class="language-c">d\ne</code></pre>f',
    );
  });

  test('reads as what it was', () => {
    const word = fc.stringMatching(/^[a-z👍<&">]{1,5}$/u);
    const block = (style: Style): boolean => style === 'block' || style === 'quote';
    fc.assert(
      fc.property(fc.array(fc.tuple(word, fc.option(fc.constantFrom(...styles))), { minLength: 1, maxLength: 6 }), (pieces) => {
        let text = '';
        const spans = [];
        for (const [n, [piece, style]] of pieces.entries()) {
          const before = n === 0 ? undefined : pieces[n - 1]?.[1];
          if (n > 0) text += (before && block(before)) || (style && block(style)) ? '\n' : ' ';
          const start = Array.from(text).length;
          text += piece;
          if (style)
            spans.push({
              style,
              start,
              end: start + Array.from(piece).length,
              ...(style === 'link' && { href: 'https://e.org/' }),
            });
        }
        const written = { text, ...(spans.length > 0 && { spans }) };
        expect(words(htmlOf(written))).toEqual(written);
      }),
      { numRuns: 2000 },
    );
  });
});
