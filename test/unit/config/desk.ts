import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../../src/config.ts';

export const long = 'x'.repeat(32);
/** A configuration that nothing is wrong with. */
export const good = `version: 1
data: ./state

http:
  port: 8000
networks:
  xmpp:
    protocol: xmpp
    service: xmpp://127.0.0.1:5347
    domain: bridge.example.org
    secret: ${long}
  matrix:
    protocol: matrix
    homeserver: http://127.0.0.1:8008
    domain: example.org
    asToken: ${long}
    hsToken: ${long}
`;

/** `good` without a line, and with another in its place; a line is named by how it begins. */
export const without = (line: string): string => good.replace(new RegExp(`^ *${line}.*\n`, 'm'), '');
export const instead = (line: string, by: string): string => good.replace(new RegExp(`^( *)${line}.*$`, 'm'), `$1${by}`);

/** A folder with one configuration in it, and what is said of it: paths without the folder. */
export class Desk {
  readonly folder = mkdtempSync(join(tmpdir(), 'rialto-config-'));
  readonly file = join(this.folder, 'rialto.yaml');
  warnings: string[] = [];

  read(text: string, environment: NodeJS.ProcessEnv = {}, mode = 0o600): Config {
    writeFileSync(this.file, text);
    chmodSync(this.file, mode);
    this.warnings = [];
    return readConfig(this.file, { environment, warn: (warning) => this.warnings.push(this.short(warning)) });
  }

  /** What is wrong, line by line. */
  faults(text: string, environment: NodeJS.ProcessEnv = {}): string[] {
    try {
      this.read(text, environment);
    } catch (error) {
      return this.short((error as Error).message).split('\n');
    }
    return [];
  }

  write(name: string, text: string): string {
    writeFileSync(join(this.folder, name), text);
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  private short(text: string): string {
    return text.replaceAll(`${this.folder}/`, '');
  }
}
