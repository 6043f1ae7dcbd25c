import { connect, createServer } from 'node:net';

/** The wanted port if nobody has it, else a free one. */
export function freePort(wanted = 0): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort())));
  server.listen(wanted, '127.0.0.1', () => {
    const at = server.address();
    server.close(() => resolve(typeof at === 'object' && at !== null ? at.port : 0));
  });
  return promise;
}

/** Whether somebody listens there. */
export function listening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
  const answer = (yes: boolean): void => {
    socket.destroy();
    resolve(yes);
  };
  socket.once('connect', () => answer(true));
  socket.once('error', () => answer(false));
  socket.once('timeout', () => answer(false));
  return promise;
}
