import { beginRun } from './postgres.ts';

// biome-ignore lint/style/noDefaultExport: jest asks for one.
export default function globalSetup(): Promise<void> {
  return beginRun();
}
