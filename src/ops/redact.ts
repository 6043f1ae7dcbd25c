const MASK = '[secret]';
/** Shorter ones would mask words. */
const LEAST = 6;

/** What is a secret by where it stands: the password of a URL, a bearer token, a field of that name. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/[^/\s:@"\\]*:)[^/\s@"]+@/g, `$1${MASK}@`],
  [/\b(bearer\s+|access_token=)[^\s"&\\]+/gi, `$1${MASK}`],
  [/("(?:[a-z]*[ts]oken|[a-z_]*secret|password|authorization)":")(?:[^"\\]|\\.)*"/gi, `$1${MASK}"`],
];

/** Takes out of a line of JSON what nobody may read: these secrets wherever they stand, and what looks like one. */
export function redactor(secrets: readonly string[]): (line: string) => string {
  const known = secrets
    .flatMap((secret) => [secret, ...passwordOf(secret)])
    .filter((secret) => secret.length >= LEAST)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
    .sort((a, b) => b.length - a.length);
  return (line) => {
    const masked = patterns.reduce((text, [pattern, by]) => text.replace(pattern, by), line);
    return known.reduce((text, secret) => text.replaceAll(secret, MASK), masked);
  };
}

/** A database is named by a URL that may hold a password, which others print by itself. */
function passwordOf(secret: string): string[] {
  if (!URL.canParse(secret)) return [];
  const { password } = new URL(secret);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
