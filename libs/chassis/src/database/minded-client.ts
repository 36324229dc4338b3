import { Client, type ClientConfig } from 'pg';

/**
 * PostgreSQL may take its leave in the same breath as its last answer: then whoever asked for the connection has not been given
 * it yet, nobody listens for its faults, and the driver would end the process. Whoever uses it afterwards is told anyway.
 */
export class MindedClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }
}
