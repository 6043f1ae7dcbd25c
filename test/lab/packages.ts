import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { must, run } from './command.ts';
import { Missing, type Say } from './progress.ts';

const POLICY = '/usr/sbin/policy-rc.d';

/** Where a program is; the sbin folders are looked into also for those who have them not in PATH. */
export function which(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file));
}

/** How to become root: nothing to add, `sudo`, or not at all. */
async function asRoot(packages: string): Promise<readonly string[]> {
  const remedy = `apt-get install ${packages}`;
  if (process.getuid?.() === 0) return [];
  if (which('sudo') === undefined)
    throw new Missing(`${packages} must be installed and you are not root: run once, as root: ${remedy}`);
  // With a terminal sudo may ask for the password by itself.
  if (process.stdin.isTTY === true) return ['sudo'];
  if ((await run(['sudo', '-n', 'true'])).code === 0) return ['sudo', '-n'];
  throw new Missing(`${packages} must be installed and sudo asks for a password: run once: sudo ${remedy}`);
}

/**
 * Installs Debian packages. Their services are not started: a demo must not open a server to the world. Debian's own means for
 * that is the file policy-rc.d; one that is there already is left as it is.
 */
export async function installPackages(packages: readonly string[], say: Say): Promise<void> {
  if (which('apt-get') === undefined)
    throw new Missing(`install ${packages.join(' and ')}: this is no Debian or Ubuntu, so it cannot be done for you`);
  const root = await asRoot(packages.join(' '));
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const apt = [...root, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-y', '-o', 'DPkg::Lock::Timeout=120'];
  const install = [...apt, 'install', '--no-install-recommends', ...packages];
  const remedy = `apt cannot install ${packages.join(' ')}: is there a network? Try: apt-get update && apt-get install ${packages.join(' ')}`;
  const line = (text: string): void => say(text.slice(0, 70));
  const withdraw = await noServices(root);
  try {
    if ((await run(install, { env, line })).code === 0) return;
    say('fetching the list of packages');
    await run([...apt, 'update'], { env, line });
    await must(install, remedy, { env, line });
  } finally {
    await withdraw();
    say('');
  }
}

async function noServices(root: readonly string[]): Promise<() => Promise<void>> {
  if (existsSync(POLICY)) return async () => {};
  if (root.length === 0) {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    return async () => rmSync(POLICY, { force: true });
  }
  await run([...root, 'sh', '-c', `printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`]);
  return async () => void (await run([...root, 'rm', '-f', POLICY]));
}
