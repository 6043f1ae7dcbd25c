import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import fc from 'fast-check';
import type { Style } from '../../../src/cpim/envelope.ts';
import { inMarks } from '../../../src/cpim/text/marks.ts';
import type { Words } from '../../../src/cpim/text/words.ts';
import { styled } from '../../../src/networks/xmpp/features/styling.ts';
import { said } from '../../../src/networks/xmpp/features/table.ts';

/** `strong[bold]`: what is shown how, the outer first. */
function shown({ text, spans = [] }: Words): string {
  const points = Array.from(text);
  return spans
    .map(({ style, start, end, language }) => `${style}${language ?? ''}[${points.slice(start, end).join('')}]`)
    .join(' ');
}

describe('XEP-0393', () => {
  test.each<[body: string, text: string, spans: string]>([
    ['a *bold* word', 'a bold word', 'strong[bold]'],
    ['_*both* and one_', 'both and one', 'emphasis[both and one] strong[both]'],
    ['*_both_*', 'both', 'strong[both] emphasis[both]'],
    ['~gone~, `x = *y*`.', 'gone, x = *y*.', 'strike[gone] code[x = *y*]'],
    ['👍 *fett* 👍', '👍 fett 👍', 'strong[fett]'],
    ['(*so*) "_that_"', '(so) "that"', 'strong[so] emphasis[that]'],
    ['*one*\n*two*', 'one\ntwo', 'strong[one] strong[two]'],
    ['> quoted\n> *too*\nanswer', 'quoted\ntoo\nanswer', 'quote[quoted\ntoo] strong[too]'],
    ['> > inner\n> outer', 'inner\nouter', 'quote[inner\nouter] quote[inner]'],
    ['so:\n```sh\nls *\n```\nyes', 'so:\nls *\nyes', 'blocksh[ls *]'],
    ['```\nnever closed', 'never closed', 'block[never closed]'],
    ['> ```\n> code\n> ```', 'code', 'quote[code] block[code]'],
  ])('%j', (body, text, spans) => {
    const words = styled(body);
    expect([words.text, shown(words)]).toEqual([text, spans]);
  });

  test.each([
    '2 * 3 * 4',
    '* an item',
    'snake_case_name',
    '__init__',
    '**twice**',
    'a*b*c',
    '*open',
    '* spaced *',
    '*across\nlines*',
    ':-* *_*',
    '>_< >:(',
    '```inline```',
    '```\n```',
    '>',
    '`',
    '',
  ])('nothing is read into %j', (body) => {
    expect(styled(body)).toEqual({ text: body });
  });

  test('what was read and written reads the same again', () => {
    const piece = fc.constantFrom('*', '_', '~', '`', '```', '> ', '\n', ' ', 'a', 'b c', '👍', '.', '```js\n');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 14 }).map((all) => all.join('')),
        (body) => {
          const words = styled(body);
          expect(styled(inMarks(words).text)).toEqual(words);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('a hostile line costs no more than its length', () => {
    for (const piece of ['*a ', '_*', '> ', '`x', '*a* ', '*_~`']) {
      const body = piece.repeat(60_000 / piece.length);
      expect(inMarks(styled(body)).text.length).toBeGreaterThan(0);
    }
  }, 4000);

  test('unstyled means unstyled, in both directions', () => {
    const el = xml(
      'message',
      { type: 'groupchat' },
      xml('body', {}, 'not *bold*'),
      xml('unstyled', { xmlns: 'urn:xmpp:styling:0' }),
    );
    expect(said(el)?.payload).toEqual({ kind: 'text', manner: 'plain', text: 'not *bold*' });
  });
});

describe('the marks of plain text', () => {
  const one = (style: Style, text: string, more: object = {}): string =>
    inMarks({ text: `a ${text} b`, spans: [{ style, start: 2, end: 2 + Array.from(text).length, ...more }] }).text;

  test.each<[Style, string, object, string]>([
    ['strong', 'x', {}, 'a *x* b'],
    ['underline', 'x', {}, 'a x b'],
    ['spoiler', 'x', {}, 'a ||x|| b'],
    ['link', 'x', { href: 'https://e.org/' }, 'a x (https://e.org/) b'],
    ['link', 'https://e.org/', { href: 'https://e.org/' }, 'a https://e.org/ b'],
    ['quote', 'x\ny', {}, 'a \n> x\n> y\n b'],
    ['block', 'x', { language: 'c' }, 'a \n```c\nx\n```\n b'],
  ])('%s', (style, text, more, written) => {
    expect(one(style, text, more)).toBe(written);
  });

  test('what is not marked stays where its words are', () => {
    const words = {
      text: 'see the *page*',
      spans: [
        { style: 'quote', start: 0, end: 14 },
        { style: 'link', start: 4, end: 7, href: 'https://e.org/' },
        { style: 'strong', start: 4, end: 7 },
      ],
      mentions: [{ start: 8, end: 14 }],
    } as const;
    const written = inMarks(words, (style) => style === 'link' || style === 'quote');
    expect(written).toEqual({
      text: '> see the (https://e.org/) *page*',
      spans: [{ style: 'strong', start: 6, end: 9 }],
      mentions: [{ start: 27, end: 33 }],
    });
  });
});
