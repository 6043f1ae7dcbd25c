import { z } from 'zod';

export const config = z.strictObject({
  service: z
    .string()
    .regex(/^xmpp:\/\/[^/\s]+$/)
    .describe('Where the server listens for components (XEP-0114): xmpp://127.0.0.1:5347'),
  domain: z
    .string()
    .min(1)
    .describe(
      'The component domain, which the server must know: the people of the other networks live there, such as rialto.example.org',
    ),
  secret: z.string().min(1).describe('The secret that the server has for this component'),
  nick: z.string().min(1).max(60).default('Rialto').describe('The nick of the listener, which sits in every linked room'),
  maxStanza: z
    .int()
    .min(10_000)
    .optional()
    .describe('The largest stanza in octets, both ways, if the server allows less or more than 262144'),
});

export type XmppConfig = z.output<typeof config>;
