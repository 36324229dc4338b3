import { connect } from 'node:net';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSandbox, type Sandbox } from '../sandbox.ts';
import { Mailbox, type Mail } from './mailbox.ts';

let sandbox: Sandbox;
beforeEach(async () => void (sandbox = await openSandbox({ env: {} })));
afterEach(() => sandbox.stop());

const letter = { from: 'Mela <mela@mela.example>', to: 'Asha@Mela.example', subject: 'नमस्ते <Asha>', text: 'Hello & <welcome>', html: '<b>Hello</b><script>alert(1)</script>', messageId: '<one@mela.example>', headers: { 'content-language': 'ne' } };

async function send(changes: Partial<typeof letter> = {}): Promise<unknown> {
  const transport = createTransport({ url: sandbox.smtp.url, connectionTimeout: 2_000, socketTimeout: 2_000 } as never);
  try {
    return await transport.sendMail({ ...letter, ...changes });
  } finally {
    transport.close();
  }
}

const read = async (path: string) => {
  const response = await fetch(new URL(path, sandbox.address));
  return { status: response.status, policy: response.headers.get('content-security-policy')!, body: await response.text() };
};

describe('the mailbox', () => {
  it('has what was sent, for programs as JSON and by whom it was for', async () => {
    await send();
    await send({ to: 'ravi@mela.example' });
    const { items } = JSON.parse((await read('/mails?to=ASHA@mela.example')).body) as { items: Mail[] };
    expect(items).toMatchObject([{ messageId: '<one@mela.example>', to: ['asha@mela.example'], subject: 'नमस्ते <Asha>', language: 'ne', text: expect.stringContaining('Hello & <welcome>') }]);
    expect(JSON.parse((await read('/mails')).body).items).toHaveLength(2);
  });

  it('shows people a list, a mail as text, and its HTML in a frame that may do nothing', async () => {
    expect((await read('/')).body).toContain('No mail yet');
    await send();
    const list = await read('/');
    expect(list.body).toContain('नमस्ते &lt;Asha&gt;');
    expect(list.policy).not.toContain('unsafe-inline');
    const { id } = sandbox.mailbox.list()[0]!;
    const shown = await read(`/read/${id}`);
    expect(shown.body).toContain('Hello &amp; &lt;welcome&gt;');
    expect(shown.body).toContain(`<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as HTML" src="/html/${id}">`);
    expect(shown.body).not.toContain('<script>alert');
    const framed = await read(`/html/${id}`);
    expect(framed.body).toContain('<b>Hello</b>');
    expect(framed.policy).toMatch(/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/);
  });

  it('leads where a mail’s links lead, beside itself, and says nothing there of where one came from', async () => {
    const link = 'http://127.0.0.1:1/account/verify-email#token=a-b_c';
    await send({ text: `Open it:\n${link}\n<b>` });
    const { id } = sandbox.mailbox.list()[0]!;
    expect((await read(`/read/${id}`)).body).toContain(`Open it:\n<a href="${link}" target="_blank" rel="noreferrer">${link}</a>\n&lt;b&gt;`);
    expect((await read(`/html/${id}`)).body).toContain('<base target="_blank">');
  });

  it('asks for nothing from elsewhere', async () => {
    await send();
    for (const path of ['/', `/read/${sandbox.mailbox.list()[0]!.id}`, '/mailbox.css', '/mailbox.js']) expect((await read(path)).body).not.toMatch(/https?:\/\//);
  });

  it('says what is not there, and lets nobody in under another name', async () => {
    expect((await read('/read/none')).status).toBe(404);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(sandbox.address).port), '127.0.0.1', () => socket.write('GET /mails HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk))).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 421/);
  });

  it('keeps the latest alone', () => {
    const small = new Mailbox(2);
    for (const id of ['a', 'b', 'c']) small.put({ id } as Mail);
    expect(small.list().map(({ id }) => id)).toEqual(['c', 'b']);
  });
});

describe('a mail server in trouble', () => {
  it('refuses for now and for good, at the recipient and at the end', async () => {
    for (const [fault, code] of [[{ kind: 'refuse', code: 451 }, 451], [{ kind: 'refuse', code: 550, at: 'recipient' }, 550]] as const) {
      sandbox.smtp.faults.plan(fault);
      await expect(send()).rejects.toMatchObject({ responseCode: code });
    }
    await send();
    expect(sandbox.mailbox.list()).toHaveLength(1);
  });

  it('breaks off with the mail in hand, or without it', async () => {
    sandbox.smtp.faults.plan({ kind: 'drop', taken: false });
    sandbox.smtp.faults.plan({ kind: 'drop', taken: true });
    for (const _time of [1, 2]) await expect(send()).rejects.toThrow();
    expect(sandbox.mailbox.list()).toHaveLength(1);
  });

  it('is slower than somebody wants to wait', async () => {
    sandbox.smtp.faults.plan({ kind: 'slow', ms: 2_500 });
    await expect(send()).rejects.toThrow();
  });

  it('goes away and comes back where it was', async () => {
    const { url } = sandbox.smtp;
    await sandbox.smtp.close();
    await expect(send()).rejects.toThrow();
    await sandbox.smtp.open();
    expect(sandbox.smtp.url).toBe(url);
    await send();
    expect(sandbox.mailbox.list()).toHaveLength(1);
  });
});

it('there is none in production', async () => {
  await expect(openSandbox({ env: { MELA_ENV: 'production' } })).rejects.toThrow('SMTP_URL');
});
