import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api, Handles, type Caller } from '@mela/bus';
import {
  anyone, catalogue, command, event, Id, id, identity, MemberJoined, MemberLeft, member, NotFound, person, query, refusal, service, topicKind, type In, type Refusal,
} from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { Inject, Injectable } from '@nestjs/common';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { AUDIENCE, ISSUER, TOKEN_TYPE } from '../access/tokens.ts';
import { Db } from '../database/db.ts';
import { migrate } from '../database/migrate.ts';
import { provision } from '../database/provision.ts';
import { defineService } from './define-service.ts';

/** A small service that uses everything the chassis offers, so that the chassis can be tested as a service sees it. */
export const NoteEmpty = refusal('note.empty', 422, 'The note says nothing');

export const NoteWritten = event('note.written', {
  summary: 'A note was written',
  aggregate: 'note',
  data: z.object({ noteId: Id }),
  example: { noteId: id(1) },
});

const Note = z.object({ id: Id, text: z.string() });

export const notes = service('notes', {
  write: command({ summary: 'Writes a note', access: person, input: z.object({ text: z.string() }), output: Note, refusals: [NoteEmpty], emits: [NoteWritten] }),
  share: command({ summary: 'Writes a note among members', access: member('communityId', 'moderator'), input: z.object({ communityId: Id, text: z.string() }), output: Note, emits: [NoteWritten] }),
  whisper: command({ summary: 'Answers a secret', access: anyone, input: z.object({ text: z.string() }), output: Note, secret: true }),
  count: query({ summary: 'Counts the notes', access: anyone, input: z.object({}), output: z.object({ count: z.number() }) }),
});

/** Stands where identity stands: its keys are the test's own. */
export const keyring = service('identity', { jwks: query({ summary: 'Keys', access: anyone, input: z.object({}), output: identity.jwks.output }) });

export const notesCatalogue = catalogue([{ notes, NoteWritten }, { keyring }, { MemberJoined, MemberLeft, owner: service('communities', {}) }], {
  note: topicKind('note', { grantedBy: 'notes.count' }),
});

@Injectable()
export class NoteService {
  constructor(@Inject(Db) private readonly db: Db) {}

  write(text: string): Promise<z.output<typeof Note> | Refusal> {
    return this.db.transaction(async (tx) => {
      const note = { id: uuid(), text, version: 1 };
      await tx.query('INSERT INTO note (id, text) VALUES ($1, $2)', [note.id, text]);
      if (text !== 'careless') tx.emit(NoteWritten, note, { noteId: note.id });
      if (text === '') return NoteEmpty();
      if (text === 'broken') throw new Error('the pen broke');
      if (text === 'slow') await tx.query('SELECT pg_sleep(0.5)');
      if (text === 'pretends') tx.emit(MemberJoined, note, MemberJoined.example);
      if (text === 'careless') await tx.query('SELECT 1 / 0').catch(() => undefined);
      return { id: note.id, text };
    });
  }

  async count(): Promise<number> {
    const [row] = await this.db.query<{ count: number }>('SELECT count(*)::int AS count FROM note');
    return row!.count;
  }
}

@Api()
export class NoteApi {
  constructor(@Inject(NoteService) private readonly notes: NoteService) {}

  @Handles(notes.write)
  write({ text }: In<typeof notes.write>, _caller: Caller) {
    return this.notes.write(text);
  }

  @Handles(notes.share)
  share({ text }: In<typeof notes.share>) {
    return this.notes.write(text);
  }

  @Handles(notes.whisper)
  whisper({ text }: In<typeof notes.whisper>) {
    return text === 'nothing' ? NotFound() : this.notes.write(text);
  }

  @Handles(notes.count)
  async count() {
    return { count: await this.notes.count() };
  }
}

let keys: ReturnType<typeof generateKeyPair> | undefined;
const keyPair = () => (keys ??= generateKeyPair('Ed25519'));

@Api()
export class KeyApi {
  @Handles(keyring.jwks)
  async jwks() {
    return { keys: [{ ...(await exportJWK((await keyPair()).publicKey)), kid: 'test', alg: 'Ed25519' } as Record<string, unknown>] };
  }
}

export const notesMigrations = [{ name: '0001-notes', statements: ['CREATE TABLE note (id uuid PRIMARY KEY, text text NOT NULL)'] }];

export const notesService = defineService(
  { hosts: notes, entities: [], migrations: notesMigrations, apis: [NoteApi], providers: [NoteService], members: 'replica' },
  notesCatalogue,
);
export const keyringService = defineService({ hosts: keyring, entities: [], migrations: [], apis: [KeyApi], providers: [] }, notesCatalogue);

export async function tokenFor(personId: string, actor?: string, sessionId = 'session'): Promise<string> {
  return new SignJWT({ sid: sessionId, ...(actor === undefined ? {} : { act: { sub: actor } }) })
    .setProtectedHeader({ alg: 'Ed25519', kid: 'test', typ: TOKEN_TYPE })
    .setSubject(personId).setIssuer(ISSUER).setAudience(AUDIENCE).setIssuedAt().setExpirationTime('5m')
    .sign((await keyPair()).privateKey);
}

export interface Ground {
  readonly postgres: OpenPart;
  readonly nats: OpenPart;
  readonly environment: Record<string, string>;
  remove(): Promise<void>;
}

/** PostgreSQL and NATS of a suite's own, with the schemas that it names. One that crashes them needs them durable. */
export async function openGround(schemas: Record<string, typeof notesMigrations>, { durable = false } = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'mela-chassis-'));
  const options = { dataDir: folder, env: {}, throwaway: !durable };
  const [postgres, nats] = await Promise.all([openPart('postgres', options), openPart('nats', options)]);
  const environment: Record<string, string> = { NATS_URL: nats.url, LOG_LEVEL: 'silent', OPS_PORT: '0' };
  for (const [name, migrations] of Object.entries(schemas)) {
    const url = await provision(postgres.url, name, `password of ${name}`);
    environment[`${name.toUpperCase()}_DATABASE_URL`] = url;
    const client = new Client({ connectionString: url });
    await client.connect();
    await migrate(client, name, migrations);
    await client.end();
  }
  const remove = async () => {
    await Promise.all([postgres.stop(), nats.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  return { postgres, nats, environment, remove };
}
