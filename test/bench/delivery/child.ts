import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** A process of the bench, on its own core if there is one: it answers each command once. */
export class Child<C> {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private asked = 0;

  constructor(file: string) {
    this.child = fork(join(import.meta.dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', ({ id, result }: { id: number; result: unknown }) => {
      this.waiting.get(id)?.resolve(result);
      this.waiting.delete(id);
    });
    this.child.once('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('a process of the bench has ended'));
      this.waiting.clear();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  ask<R>(command: C): Promise<R> {
    this.asked += 1;
    const answer = Promise.withResolvers<unknown>();
    this.waiting.set(this.asked, answer);
    this.child.send({ id: this.asked, command }, (error) => {
      if (error) answer.reject(error);
    });
    return answer.promise as Promise<R>;
  }

  stop(): void {
    this.child.kill('SIGTERM');
  }
}
