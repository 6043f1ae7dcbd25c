interface Benchmark {
  readonly usage: string;
  /** Prints figures, and ends with 0 if they could be taken. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** A new benchmark is one file and one entry here. Each is loaded only when it is wanted. */
const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  cpim: async () => {
    const { usage, cpim } = await import('./cpim.ts');
    return { usage, run: cpim };
  },
  delivery: async () => {
    const { usage, delivery } = await import('./delivery/delivery.ts');
    return { usage, run: delivery };
  },
  growth: async () => {
    const { usage, growth } = await import('./growth.ts');
    return { usage, run: growth };
  },
  idle: async () => {
    const { usage, idle } = await import('./idle/idle.ts');
    return { usage, run: idle };
  },
  devices: async () => {
    const { usage, devices } = await import('./devices.ts');
    return { usage, run: devices };
  },
};

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const load = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (load === undefined) {
    console.log(`npm run bench -- ${Object.keys(benchmarks).join('|')} [--help]`);
    return name === '--help' ? 0 : 2;
  }
  const { usage, run } = await load();
  if (!args.includes('--help')) return run(args);
  console.log(usage);
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
