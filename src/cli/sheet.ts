import { styleText } from 'node:util';
import { wrap } from '../config/wrap.ts';
import type { Finding } from '../networks/finding.ts';

/** So wide is a terminal that nobody has made wider. */
const width = 100;
const codeWidth = 28;
const margin = ' '.repeat(4 + codeWidth);

type Verdict = Finding['verdict'];

const marks = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  fault: ['✗', 'red'],
  skipped: ['-', 'dim'],
} as const satisfies Record<Verdict, readonly [string, Parameters<typeof styleText>[0]]>;

/** The report of a check, for people, as it comes about. */
export class Sheet {
  private readonly out: NodeJS.WriteStream;
  private readonly isSilent: boolean;

  constructor(out: NodeJS.WriteStream, isSilent: boolean) {
    this.out = out;
    this.isSilent = isSilent;
  }

  head(name: string, about: string): void {
    this.say(['', `${this.paint('bold', name)}${about === '' ? '' : this.paint('dim', `  ${about}`)}`]);
    this.wait();
  }

  row({ verdict, code, evidence, fix, room }: Finding): void {
    const [mark, colour] = marks[verdict];
    const [first = '', ...rest] = wrap(room === undefined ? evidence : `${room}: ${evidence}`, width, margin);
    const advice =
      fix === undefined ? [] : wrap(`→ ${fix.replaceAll('rialto unlink ROOM', `rialto unlink ${quoted(room)}`)}`, width, margin);
    const head = `  ${this.paint(colour, mark)} ${this.paint(verdict === 'ok' ? 'dim' : colour, code.padEnd(codeWidth))}`;
    this.say([`${head}${first.slice(margin.length)}`, ...rest, ...advice.map((line) => this.paint('dim', line))]);
    this.wait();
  }

  end(all: readonly Finding[]): void {
    const count = (wanted: Verdict): number => all.filter(({ verdict }) => verdict === wanted).length;
    const [faults, warnings, skipped] = [count('fault'), count('warning'), count('skipped')];
    const told = [
      faults === 0 ? this.paint('green', 'no fault') : this.paint('red', `${faults} ${faults === 1 ? 'fault' : 'faults'}`),
      warnings === 0 ? '' : this.paint('yellow', `${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`),
      skipped === 0 ? '' : `${skipped} not looked at`,
      `${count('ok')} fine`,
    ];
    this.say(['', told.filter((one) => one !== '').join(', ')]);
  }

  /** What comes next takes a while. */
  private wait(): void {
    if (!this.isSilent && this.out.isTTY) this.out.write(this.paint('dim', '  …'));
  }

  private say(lines: readonly string[]): void {
    if (this.isSilent) return;
    this.out.write(`${this.out.isTTY ? '\r\x1b[2K' : ''}${lines.join('\n')}\n`);
  }

  private paint(colour: Parameters<typeof styleText>[0], text: string): string {
    return styleText(colour, text, { stream: this.out });
  }
}

/** As a shell takes it. */
function quoted(room = 'ROOM'): string {
  return /^[\w@.:-]+$/.test(room) ? room : `'${room}'`;
}
