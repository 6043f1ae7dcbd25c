import { All, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpRoutes } from './http-routes.ts';

/** What there is to know about readiness, from whoever knows it. */
export abstract class Readiness {
  abstract report(): {
    readonly ready: boolean;
    readonly networks: Record<string, unknown>;
    readonly links: Record<string, number>;
  };
}

/** Everything that reaches us by HTTP: health, and what the networks have asked for. */
@Controller()
export class HttpController {
  constructor(
    @Inject(HttpRoutes) private readonly routes: HttpRoutes,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get('healthz')
  health(): { readonly status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const report = this.readiness.report();
    await reply.status(report.ready ? 200 : 503).send(report);
  }

  @All('*')
  async wire(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const [path = '/', query = ''] = request.url.split('?', 2);
    const answer = await this.routes.answer({
      method: request.method,
      path,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: request.headers,
      body: request.body,
    });
    await reply.status(answer?.status ?? 404).send(answer?.body ?? { error: 'there is nothing at this path' });
  }
}
