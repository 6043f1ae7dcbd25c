import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A process of the bench, on its own core if there is one: it answers each command once. */
export class Child<C> {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, (result: unknown) => void>();
  private asked = 0;

  constructor(file: string) {
    this.child = fork(join(import.meta.dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', ({ id, result }: { id: number; result: unknown }) => {
      this.waiting.get(id)?.(result);
      this.waiting.delete(id);
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  ask<R>(command: C): Promise<R> {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, (result) => resolve(result as R));
      this.child.once('exit', () => reject(new Error('a process of the bench has ended')));
      this.child.setMaxListeners(1000).send({ id, command });
    });
  }

  stop(): void {
    this.child.kill('SIGTERM');
  }
}
