import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { snippetsFor } from '../../../src/networks/xmpp/snippets.ts';

const config = { domain: 'bridge.example.org', secret: 'a "quoted" \\ secret', nick: 'Rialto' };
const texts = (service: string): string[] => snippetsFor({ ...config, service }).map(({ text }) => text);

test('a component on loopback and the usual port needs no more than itself', () => {
  const [prosody, ejabberd] = texts('xmpp://127.0.0.1:5347');
  const isAdvice = (line: string): boolean =>
    /^-- .*(: gc = \{ mode = "incremental"|: network_settings = \{ nagle = false \})/.test(line);
  const needed = prosody?.split('\n').filter((line) => !isAdvice(line));
  expect(needed?.join('\n')).toBe(
    'Component "bridge.example.org"\n  component_secret = "a \\"quoted\\" \\\\ secret"\n  component_conflict_resolve = "kick_old"\n',
  );
  expect(parse(`listen:\n${ejabberd}`)).toEqual({
    listen: [
      {
        port: 5347,
        ip: '127.0.0.1',
        module: 'ejabberd_service',
        global_routes: false,
        hosts: { 'bridge.example.org': { password: config.secret } },
      },
    ],
  });
});

test('another port or another machine is said, with the danger', () => {
  const [prosody, ejabberd] = texts('xmpp://xmpp.example.org:6347');
  expect(prosody).toMatch(/component_ports = \{ 6347 \}/);
  expect(prosody).toMatch(/component_interfaces = \{ "\*" \}.*not encrypted/);
  expect(parse(`listen:\n${ejabberd}`)).toMatchObject({ listen: [{ port: 6347, ip: '::' }] });
  expect(ejabberd).toMatch(/not encrypted/);
});
