// XML 1.0 §2.2: a stanza with any other character makes the server close the whole stream.
const illegal = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** The text with what XML cannot carry shown as U+FFFD. */
export function xmlSafe(text: string): string {
  return text.replace(illegal, '\uFFFD');
}
