import { endRun } from './postgres.ts';

// biome-ignore lint/style/noDefaultExport: jest asks for one.
export default function globalTeardown(): Promise<void> {
  return endRun();
}
