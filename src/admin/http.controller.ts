import { All, Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Numbers } from '../ops/numbers.ts';
import { version } from '../ops/version.ts';
import { HttpRoutes } from './http-routes.ts';
import { Readiness } from './readiness.ts';

/** What an operator's tools ask: is it alive, can it work, how much. */
@Controller()
export class OperatorController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Numbers) private readonly numbers: Numbers,
  ) {}

  /** The process lives; whether it can do its work is another question. */
  @Get('healthz')
  health(): { readonly status: string; readonly version: string } {
    return { status: 'ok', version };
  }

  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const report = await this.readiness.report();
    await reply.status(report.ready ? 200 : 503).send(report);
  }

  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.numbers.text();
    await reply.header('content-type', this.numbers.contentType).send(text);
  }
}

/** What the networks have asked for. */
@Controller()
export class WireController {
  constructor(@Inject(HttpRoutes) private readonly routes: HttpRoutes) {}

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
