import { type Config, readConfig } from '../config.ts';
import type { Finding } from '../networks/finding.ts';
import { ConfigurationError } from '../networks/network.ts';

/** The configuration, if it can be used, and what there is to say of it. */
export function configuration(file: string): { readonly config: Config | undefined; readonly findings: readonly Finding[] } {
  const warnings: string[] = [];
  try {
    const config = readConfig(file, { warn: (text) => warnings.push(text) });
    const names = Object.entries(config.networks).map(([name, { protocol }]) =>
      name === protocol ? name : `${name} (${protocol})`,
    );
    const fine: Finding = { code: 'config', verdict: 'ok', evidence: `complete; networks: ${names.join(', ') || 'none'}` };
    return { config, findings: [fine, ...warnings.map(warning), ...(names.length === 0 ? [lonely] : [])] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { config: undefined, findings: error.message.split('\n').map(fault) };
  }
}

const lonely: Finding = {
  code: 'config-no-network',
  verdict: 'warning',
  evidence: 'there is no network to attach to',
  fix: '"rialto config example" shows what a network needs',
};

/** `rialto.yaml holds secrets and everybody can read it: chmod 600 rialto.yaml`: the remedy is behind the last colon. */
function warning(text: string): Finding {
  const code = /of version/.test(text) ? 'config-old' : /everybody/.test(text) ? 'config-public' : 'config-warning';
  return { code, verdict: 'warning', ...apart(text, ': ') };
}

const kinds: readonly (readonly [RegExp, string, string])[] = [
  [/^the configuration .* cannot be read/, 'config-unreadable', ''],
  [/unknown key/, 'config-unknown-key', 'correct or remove it; "rialto config example" shows every key'],
  [/placeholder/, 'config-placeholder', 'put a value of your own there; "openssl rand -hex 32" makes a secret'],
  [/is missing/, 'config-missing', 'add it; "rialto config example" shows every key'],
  [/./, 'config-invalid', '"rialto config example" shows every key and what it may be'],
];

function fault(line: string): Finding {
  const [, code = 'config-invalid', fix = ''] = kinds.find(([pattern]) => pattern.test(line)) ?? [];
  if (fix === '') return { code, verdict: 'fault', ...apart(line, ': ') };
  return { code, verdict: 'fault', evidence: line, fix };
}

/** What was seen, and what to do about it. */
function apart(text: string, between: string): Pick<Finding, 'evidence' | 'fix'> {
  const at = text.lastIndexOf(between);
  return at < 0 ? { evidence: text } : { evidence: text.slice(0, at), fix: text.slice(at + between.length) };
}
