import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** One number as it is listed for people. */
export interface Listed {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/**
 * All that a running bridge counts. Counters and histograms grow where things happen; gauges are set by whoever asked to be
 * called `before` somebody looks. A label never holds what people chose, so that there is an end to them.
 */
export class Numbers {
  readonly contentType: string;
  private readonly registry = new Registry();
  private readonly listed: Listed[] = [];
  private readonly asked: (() => Promise<void> | void)[] = [];

  constructor() {
    this.contentType = this.registry.contentType;
  }

  counter<L extends string = never>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    this.listed.push({ name, type: 'counter', labels, help });
    return new Counter({ name, help, labelNames: labels, registers: [this.registry] });
  }

  gauge<L extends string = never>(name: string, help: string, labels: readonly L[] = []): Gauge<L> {
    this.listed.push({ name, type: 'gauge', labels, help });
    return new Gauge({ name, help, labelNames: labels, registers: [this.registry] });
  }

  /** `buckets`: upper bounds, ascending. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels: readonly L[] = [],
  ): Histogram<L> {
    this.listed.push({ name, type: 'histogram', labels, help });
    return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [this.registry] });
  }

  /** CPU, memory, event loop, garbage collection. Once in a process. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  before(work: () => Promise<void> | void): void {
    this.asked.push(work);
  }

  /** The text format of Prometheus, version 0.0.4. */
  async text(): Promise<string> {
    for (const work of this.asked) await work();
    return this.registry.metrics();
  }

  /** What there is, by name; the process's own left out. */
  list(): readonly Listed[] {
    return [...this.listed].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
