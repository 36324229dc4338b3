import { LOG } from '@mela/chassis';
import { Broken } from '@mela/contracts';
import { Catch, Inject, type ArgumentsHost, type WsExceptionFilter } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Frame } from './protocol/incoming.ts';
import { toldOf, type Connection } from './socket/connection.ts';

/** A handler that broke answers like any other, and the next frame finds the connection as it was. */
@Catch()
export class BrokenFrameFilter implements WsExceptionFilter {
  constructor(@Inject(LOG) private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const connection = host.switchToWs().getClient<Connection>();
    const { t, i } = host.switchToWs().getData<Frame>();
    this.log.error({ err: error, frame: t, ...toldOf(connection) }, 'frame failed');
    connection.refuse(i, Broken());
  }
}
