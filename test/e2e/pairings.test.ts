import { describeWithServers, otherSettings } from './lab.ts';
import { talking } from './parts/talking.ts';

for (const on of otherSettings) await describeWithServers(`people on both sides of ${on.xmpp} and ${on.db}`, talking, on);
