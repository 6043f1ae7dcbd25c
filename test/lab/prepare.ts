// Gets what the tests need: prepare.ts [prosody] [ejabberd] [synapse] [postgres]. What cannot be had is said loudly; on CI it is a failure.
import { installEjabberd, installPostgres, installProsody, installSynapse, Missing } from './install.ts';
import { Progress } from './progress.ts';

const progress = new Progress(process.stderr);
const installers: Record<string, (to: Progress) => Promise<unknown>> = {
  prosody: installProsody,
  ejabberd: installEjabberd,
  synapse: installSynapse,
  postgres: installPostgres,
};

for (const name of process.argv.slice(2)) {
  try {
    await installers[name]?.(progress);
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    process.stderr.write(`\n!!! ${error.message}\n\n`);
    if (process.env.CI === 'true') process.exit(1);
  }
}
