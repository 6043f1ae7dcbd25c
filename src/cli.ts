import { endingOf } from './cli/failure.ts';
import { wholeProgram } from './cli/program.ts';

// What our libraries should no longer use is nothing that an operator can change.
process.noDeprecation = true;

try {
  await wholeProgram().parseAsync();
} catch (error) {
  const { code, text } = endingOf(error);
  if (text) process.stderr.write(text);
  process.exit(code);
}
