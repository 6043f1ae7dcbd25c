import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Document } from 'yaml';
import { Source } from '../../../src/config/source.ts';
import { newest, type Step, upgrade, written } from '../../../src/config/upgrade.ts';

const folder = mkdtempSync(join(tmpdir(), 'rialto-upgrade-'));
afterAll(() => rmSync(folder, { recursive: true }));

function upgraded(text: string, steps?: readonly Step[]): { from: number; text: string } {
  const file = join(folder, 'rialto.yaml');
  writeFileSync(file, text);
  const source = new Source(file);
  const from = upgrade(source, steps);
  return { from, text: written(source.document, text) };
}

/** What steps of later days may do: rename, regroup, change a value. */
const rename = (document: Document): void => {
  const pair = document.contents as never as { items: { key: { value: string } }[] };
  for (const { key } of pair.items) if (key.value === 'folder') key.value = 'data';
};
const regroup = (document: Document): void => {
  document.setIn(['http', 'port'], document.get('port'));
  document.delete('port');
};

describe('a file without a version', () => {
  test('gets one at the top; what is said and in which order stays', () => {
    const text = `# My bridge.
# Ask Alice before you change it.

# Where it lives.
data: "/srv/rialto"   # on the fast disk
http: { host: 127.0.0.1, port: 9000 }

networks:
    one:   # the first
        secret: '${'long '.repeat(40)}'
        # the end
`;
    expect(upgraded(text)).toEqual({
      from: 0,
      text: text
        .replace('\n\n# Where', '\n\nversion: 1\n\n# Where')
        .replace('"   #', '" #')
        .replace('one:   # the first', 'one:\n        # the first'),
    });
  });

  test('keeps the comment of its first key there', () => {
    expect(upgraded('# Where it lives.\ndata: x\n').text).toBe('version: 1\n# Where it lives.\ndata: x\n');
  });

  test('may be empty', () => {
    expect(upgraded('').text).toBe('version: 1\n');
  });
});

test('a file of the newest version is left as it is', () => {
  const text = `version: ${newest} # mine\ndata: x\n`;
  expect(upgraded(text)).toEqual({ from: newest, text });
});

test('steps are taken one after the other, from where the file is', () => {
  const text = 'version: 1 # mine\n\n# where\nfolder: x # here\nport: 7\n';
  expect(upgraded(text, [() => {}, rename, regroup])).toEqual({
    from: 1,
    text: 'version: 3 # mine\n\n# where\ndata: x # here\nhttp:\n  port: 7\n',
  });
  expect(upgraded(text.replace('version: 1', 'version: 2'), [() => {}, rename, regroup]).text).toContain('folder: x');
});

test('a file that is newer than the program is refused', () => {
  expect(() => upgraded('version: 3\n', [rename])).toThrow('version: 3 is newer than this program, which knows 1');
});
