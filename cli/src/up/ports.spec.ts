import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePorts } from './ports.ts';

describe('the ports of an instance', () => {
  let server: Server;
  let taken: string;
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);

  beforeEach(async () => {
    told.length = 0;
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    taken = String((server.address() as AddressInfo).port);
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('stop the start when one was chosen and is taken, naming its owner, a free one and the setting', async () => {
    await expect(choosePorts({ chosen: { API_PORT: taken }, tell })).rejects.toThrow(
      new RegExp(`^API_PORT=${taken} is taken by .*\\(pid ${process.pid}\\)\\. Port (\\d+) is free: set API_PORT=\\1\\.$`),
    );
  });

  it('move to the next free one when nobody insists, and say so', async () => {
    const { API_PORT } = await choosePorts({ chosen: {}, suggested: { API_PORT: taken }, settings: ['API_PORT'], tell });
    expect(Number(API_PORT)).toBeGreaterThan(Number(taken));
    expect(told).toEqual([expect.stringMatching(new RegExp(`^Port ${taken} is taken by .*\\(pid ${process.pid}\\): API_PORT is ${API_PORT} this time$`))]);
  });

  it('refuse one port for both', async () => {
    await expect(choosePorts({ chosen: { API_PORT: '18999', REALTIME_PORT: '18999' }, tell })).rejects.toThrow('API_PORT and REALTIME_PORT are both 18999');
  });

  it('are left to whoever listens where any will do, but for the API’s, to which links lead', async () => {
    const { API_PORT, ...others } = await choosePorts({ chosen: { API_PORT: '0', REALTIME_PORT: '0', MAILBOX_PORT: '0', OIDC_PORT: '0' }, tell });
    expect(Number(API_PORT)).toBeGreaterThanOrEqual(20_000);
    expect(others).toEqual({ REALTIME_PORT: '0', MAILBOX_PORT: '0', OIDC_PORT: '0' });
  });

  it('keep a default from moving onto the port that the other setting insists on', async () => {
    const next = String(Number(taken) + 1);
    const { API_PORT } = await choosePorts({ chosen: { REALTIME_PORT: '0' }, suggested: { API_PORT: taken }, tell });
    expect(API_PORT).not.toBe(taken);
    expect(Number(API_PORT)).toBeGreaterThanOrEqual(Number(next));
  });
});
