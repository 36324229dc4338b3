import { answer, type Health, type OpsAnswer } from '@mela/chassis';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';

export const HEALTH = Symbol('mela.health');
export const METRICS = Symbol('mela.metrics');

const FRESH_MS = 500;

/** The process's own health where a balancer can see it. Its metrics are not for the public. */
@Controller()
export class HealthController {
  private latest: { readonly asked: number; readonly answer: Promise<OpsAnswer> } | undefined;

  constructor(
    @Inject(HEALTH) private readonly health: Health,
    @Inject(METRICS) private readonly metrics: Registry,
  ) {}

  @Get('health/live')
  async live(@Res() reply: FastifyReply): Promise<void> {
    send(reply, await answer('/health/live', this.health, this.metrics));
  }

  @Get(['health', 'health/ready'])
  async ready(@Req() _request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, await this.verdict());
  }

  /** Anybody may ask here, and each verdict costs the databases a query: so one serves for a moment. */
  private verdict(): Promise<OpsAnswer> {
    if (!this.latest || performance.now() - this.latest.asked > FRESH_MS)
      this.latest = { asked: performance.now(), answer: answer('/health/ready', this.health, this.metrics) };
    return this.latest.answer;
  }
}

function send(reply: FastifyReply, { status, type, body }: OpsAnswer): void {
  void reply.code(status).header('content-type', type).header('cache-control', 'no-store').send(body);
}
