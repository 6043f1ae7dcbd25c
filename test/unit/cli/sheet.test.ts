import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { Sheet } from '../../../src/cli/sheet.ts';
import type { Finding } from '../../../src/networks/finding.ts';

const findings: readonly Finding[] = [
  { code: 'component', verdict: 'ok', evidence: 'the server takes us' },
  { code: 'rate-limit', verdict: 'warning', evidence: 'slow '.repeat(30).trim(), fix: 'set rate_limited: false' },
  {
    code: 'room-gone',
    verdict: 'fault',
    room: '!x:hs',
    evidence: 'there is no such room',
    fix: 'cut the link: rialto unlink ROOM',
  },
  { code: 'ping', verdict: 'skipped', evidence: 'cannot be asked' },
];

function printed(isTTY: boolean): string {
  const out = Object.assign(new PassThrough(), { isTTY, hasColors: () => isTTY, getColorDepth: () => (isTTY ? 8 : 1) });
  const sheet = new Sheet(out as unknown as NodeJS.WriteStream, false);
  sheet.head('one', 'somewhere');
  for (const finding of findings) sheet.row(finding);
  sheet.end(findings);
  return String(out.read());
}

test('fits a terminal, is aligned, and says what to do', () => {
  const lines = printed(false).split('\n');
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(100);
  expect(lines).toEqual([
    '',
    'one  somewhere',
    '  ✓ component                   the server takes us',
    expect.stringMatching(/^ {2}! rate-limit {18}slow slow/),
    expect.stringMatching(/^ {32}slow/),
    expect.stringMatching(/^ {32}slow/),
    '                                → set rate_limited: false',
    '  ✗ room-gone                   !x:hs: there is no such room',
    "                                → cut the link: rialto unlink '!x:hs'",
    '  - ping                        cannot be asked',
    '',
    '1 fault, 1 warning, 1 not looked at, 1 fine',
    '',
  ]);
});

test('there are colours at a terminal only', () => {
  expect(printed(false)).not.toContain('\x1b');
  if (process.env.NO_COLOR === undefined) expect(printed(true)).toContain('\x1b[31m');
});
