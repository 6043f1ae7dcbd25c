import { makeGauges } from './gauges.ts';
import { type Counted, makeMetrics } from './metrics.ts';
import { Numbers } from './numbers.ts';

/** `config/metrics.md`: what `/metrics` has to say, for whoever makes a dashboard. */
export function metricsList(protocols: readonly Counted[]): string {
  const numbers = new Numbers();
  makeMetrics(numbers, protocols);
  makeGauges(numbers, protocols);
  const rows = numbers
    .list()
    .map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |`,
    );
  return `# What Rialto counts

Made by \`rialto config metrics\` from the program; do not edit. \`GET /metrics\` gives the numbers in the text format of Prometheus.
\`network\`, \`from\` and \`to\` are names of the configuration; no label ever holds what people chose, so the number of series is bounded.
Besides these there are the process's own: \`process_*\` (CPU, memory, start time, files) and \`nodejs_*\` (event loop lag, garbage
collection, heap). Names that begin with \`bridge_\` are those of other bridges, for dashboards that exist.

| name | type | labels | what |
|---|---|---|---|
${rows.join('\n')}
`;
}
