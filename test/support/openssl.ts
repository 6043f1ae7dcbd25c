import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Says that `what` is not proven where there is no openssl; with CI=true that is a failure. */
export function missingOpenssl(what: string): void {
  if (hasOpenssl) return;
  if (process.env.CI === 'true') throw new Error(`openssl is needed: ${what}`);
  process.stderr.write(`\nSKIPPED: ${what}: openssl is not installed\n`);
}

// RFC 3923 §6.3: im: and pres: as URIs, the XMPP address as id-on-xmppAddr.
const certificate = `[req]
distinguished_name = name
x509_extensions = names
prompt = no
[name]
CN = juliet
[names]
basicConstraints = CA:TRUE
subjectAltName = URI:im:juliet@example.com, URI:pres:juliet@example.com, otherName:1.3.6.1.5.5.7.8.5;UTF8:juliet@example.com
`;

/** Somebody with a key and a certificate of her own, both made now and gone at the end. */
export class Signer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'rialto-cms-'));

  constructor() {
    this.write('names', certificate);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', this.path('key')];
    this.run('req', '-x509', '-days', '2', '-config', this.path('names'), '-out', this.path('certificate'), ...key);
  }

  /** The text of the certificate. */
  certificate(): string {
    return this.read('certificate').toString('utf8');
  }

  /** The S/MIME entity of a MIME part: clear-signed, or with `-nodetach` all in one. Lines end with CRLF, but for the last one. */
  sign(part: string, ...options: readonly string[]): string {
    this.write('part', part);
    return this.made('-sign', '-md', 'sha256', '-signer', this.path('certificate'), '-inkey', this.path('key'), ...options);
  }

  encrypt(part: string, cipher: string): string {
    this.write('part', part);
    return this.made('-encrypt', `-${cipher}`);
  }

  /** What was signed, if not an octet of it has changed. */
  verified(entity: Buffer): string | undefined {
    this.write('entity', entity);
    return this.opened('-verify', '-CAfile', this.path('certificate'), '-purpose', 'any');
  }

  decrypted(entity: Buffer): string | undefined {
    this.write('entity', entity);
    return this.opened('-decrypt', '-recip', this.path('certificate'), '-inkey', this.path('key'));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private made(...options: readonly string[]): string {
    const files = ['-in', this.path('part'), '-out', this.path('entity')];
    const last = options[0] === '-encrypt' ? [this.path('certificate')] : [];
    this.run('cms', ...options, '-binary', '-crlfeol', ...files, ...last);
    // Its base64 has bare LF, which no MIME entity has (RFC 8551 §3.1.1).
    return this.read('entity').toString('utf8').replace(/\r?\n/g, '\r\n').trimEnd();
  }

  /** Line ends are octets like all others; `-crlfeol` says which of them end the lines of the entity itself. */
  private opened(...options: readonly string[]): string | undefined {
    const files = ['-in', this.path('entity'), '-out', this.path('content')];
    const { status } = spawnSync('openssl', ['cms', ...options, '-binary', '-crlfeol', ...files]);
    return status === 0 ? this.read('content').toString('utf8') : undefined;
  }

  private run(...args: readonly string[]): void {
    const { status, stderr } = spawnSync('openssl', [...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  private read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  private write(name: string, content: string | Buffer): void {
    writeFileSync(this.path(name), content);
  }
}
