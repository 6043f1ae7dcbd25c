import { z } from 'zod';

// The grammar of user localparts (Appendices, "User Identifiers").
const local = /^[a-z0-9._=/+-]+$/;

export const config = z.strictObject({
  homeserver: z
    .string()
    .regex(/^https?:\/\/[^\s?#]+$/, 'a URL such as http://127.0.0.1:8008')
    .meta({ description: 'Where the homeserver is reached', examples: ['http://127.0.0.1:8008'] }),
  domain: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]+$/, 'a server name such as example.org')
    .describe('The server name of the homeserver, which stands behind the colon of its user ids: example.org'),
  asToken: z
    .string()
    .min(16)
    .meta({ secret: true, description: 'The secret by which the homeserver knows Rialto: as_token of the registration' }),
  hsToken: z
    .string()
    .min(16)
    .meta({ secret: true, description: 'The secret by which Rialto knows the homeserver: hs_token of the registration' }),
  id: z.string().min(1).default('rialto').describe('The id of the registration, unique on the homeserver'),
  bot: z.string().regex(local).default('rialto').describe('The localpart of the bot, which sits in every linked room'),
  displayName: z.string().min(1).max(100).default('Rialto').describe('What the bot is called in the rooms'),
  ghostPrefix: z
    .string()
    .regex(local)
    .default('_rialto_')
    .describe('What the localparts of the people of other networks begin with; nobody else may use it'),
});

export type MatrixConfig = z.output<typeof config>;

/** The user id of the bot. */
export function botId({ bot, domain }: MatrixConfig): string {
  return `@${bot}:${domain}`;
}

/** The bot, or a ghost. */
export function isOwn(config: MatrixConfig, userId: string): boolean {
  const { ghostPrefix, domain } = config;
  return userId === botId(config) || (userId.startsWith(`@${ghostPrefix}`) && userId.endsWith(`:${domain}`));
}
