import { createConnection } from 'node:net';

const connectMs = 5000;
const answerMs = 3000;
const enough = 2048;

/** What comes back from a port when a component says its first words. */
export type Greeting =
  /** Nothing takes connections there. */
  | { readonly kind: 'closed'; readonly why: string }
  | { readonly kind: 'component' }
  /** Something else is there; `what`, for people. */
  | { readonly kind: 'other'; readonly what: string };

/**
 * Opens a stream as a component would, hears the server's header, and hangs up before anybody is let in: a port for clients may
 * answer like one for components that does not know us.
 */
export async function greeting(service: string, domain: string): Promise<Greeting> {
  const { hostname, port } = new URL(service.replace('xmpp:', 'http:'));
  const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}'>`;
  return new Promise((resolve) => {
    let heard = '';
    let isOpen = false;
    const socket = createConnection({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 5347) });
    const end = (found: Greeting): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    let timer = setTimeout(() => end({ kind: 'closed', why: `no connection within ${connectMs / 1000} s` }), connectMs);
    socket.once('connect', () => {
      isOpen = true;
      clearTimeout(timer);
      timer = setTimeout(() => end(judge(heard)), answerMs);
      socket.write(header);
    });
    socket.on('data', (octets) => {
      heard += octets.toString('latin1');
      if (/<stream:stream[^>]*>|^HTTP\//.test(heard) || heard.length > enough) end(judge(heard));
    });
    socket.once('end', () => end(judge(heard)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end(isOpen ? judge(heard, error.code) : { kind: 'closed', why: error.message });
    });
  });
}

function judge(heard: string, otherwise = 'it says nothing'): Greeting {
  const [header] = /<stream:stream[^>]*>/.exec(heard) ?? [];
  if (header?.includes('jabber:component:accept')) return { kind: 'component' };
  if (header?.includes('jabber:client')) return { kind: 'other', what: 'it is the port for clients' };
  if (header?.includes('jabber:server')) return { kind: 'other', what: 'it is the port for other servers' };
  if (heard.startsWith('HTTP/')) return { kind: 'other', what: 'a web server answers' };
  return { kind: 'other', what: heard === '' ? otherwise : 'what answers is no XMPP server' };
}
