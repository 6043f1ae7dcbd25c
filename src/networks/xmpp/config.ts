import { z } from 'zod';

export const config = z.strictObject({
  service: z
    .string()
    .regex(/^xmpp:\/\/[^/\s]+$/, 'a URL such as xmpp://127.0.0.1:5347')
    .meta({
      description: 'Where the server listens for components (XEP-0114)',
      examples: ['xmpp://127.0.0.1:5347'],
    }),
  domain: z
    .string()
    .regex(/^[^\s@/A-Z]+$/, 'a domain in lower case, such as bridge.example.org')
    .describe(
      'The component domain, which the server must know: the people of the other networks live there, such as bridge.example.org',
    ),
  secret: z.string().min(16).meta({ secret: true, description: 'The secret that the server has for this component' }),
  nick: z.string().min(1).max(60).default('Rialto').describe('The nick of the listener, which sits in every linked room'),
  maxStanza: z
    .int()
    .min(10_000)
    .optional()
    .meta({ description: 'The largest stanza in octets, both ways, if the server allows less or more', examples: [262_144] }),
});

export type XmppConfig = z.output<typeof config>;
