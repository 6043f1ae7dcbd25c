import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { kinds } from '../../vectors/kinds/table.ts';
import { readVectors } from '../../vectors/vector.ts';
import { verdict } from '../../vectors/verdict.ts';

const file = join(import.meta.dirname, '../../vectors/cpim-vectors.json');
const byKind = Map.groupBy(readVectors(file), ({ kind }) => kind);

describe('the published vectors', () => {
  test.each([...byKind.keys()])('%s', (kind) => {
    const failures = (byKind.get(kind) ?? []).flatMap((vector) => {
      const result = verdict(vector, kinds);
      return result.is === 'failed' ? [`${vector.id}: ${result.text}`] : [];
    });
    expect(failures).toEqual([]);
  });

  test('are of every kind that is built', () => {
    expect(Object.keys(kinds).filter((kind) => !byKind.has(kind))).toEqual([]);
  });
});
