import { z } from 'zod';
import type { Access } from './access.ts';
import type { EventType } from './event.ts';
import { NotWhileImpersonating } from './faults.ts';
import { FileAnswer } from './file.ts';
import type { Limit } from './limit.ts';
import type { Refusal, RefusalType } from './refusal.ts';
import { route, type Route, type RouteText } from './route.ts';

export type OperationKind = 'command' | 'query';
export type SessionChange = 'opens' | 'renews' | 'ends';

interface Declaration<I extends z.ZodObject, O extends z.ZodType, A extends Access> {
  /** One line for people: it becomes the summary in the documents. */
  summary: string;
  access: A;
  input: I;
  output: O;
  /** Without a route the operation can be asked on the bus only. */
  http?: RouteText;
  limit?: Limit | readonly Limit[];
  refusals?: readonly RefusalType[];
  /** For the person alone: neither for an admin who looks through their eyes nor for an API key of theirs. */
  inPerson?: boolean;
  /** What is in person an API key of theirs may do all the same. */
  byKey?: boolean;
}

interface CommandDeclaration<I extends z.ZodObject, O extends z.ZodType, A extends Access> extends Declaration<I, O, A> {
  emits?: readonly EventType[];
  /** The answer holds a secret: it is never stored beside an idempotency key. */
  secret?: boolean;
  /** False where nobody wants the answer of before, and doing it again does no harm: an idempotency key changes nothing. */
  keyed?: boolean;
  /** What becomes of a sign-in: the answer holds a new one’s tokens, or its next ones, or the token that asks is worth nothing afterwards. */
  session?: SessionChange;
}

interface DownloadDeclaration<I extends z.ZodObject, A extends Access> extends Omit<Declaration<I, typeof FileAnswer, A>, 'output' | 'http'> {
  http: `GET /${string}`;
  /** What the bytes are: `application/zip`. */
  mediaType: string;
}

export interface Draft<I extends z.ZodObject, O extends z.ZodType, A extends Access> {
  readonly kind: OperationKind;
  readonly summary: string;
  readonly access: A;
  readonly input: I;
  readonly output: O;
  readonly http: Route | undefined;
  readonly limits: readonly Limit[];
  readonly refusals: readonly RefusalType[];
  readonly emits: readonly EventType[];
  readonly secret: boolean;
  /** Whether an `Idempotency-Key` is heeded. */
  readonly keyed: boolean;
  readonly session: SessionChange | undefined;
  readonly inPerson: boolean;
  readonly byKey: boolean;
  /** Of the file that it answers; undefined where it answers JSON. */
  readonly mediaType: string | undefined;
}

export interface Operation<
  I extends z.ZodObject = z.ZodObject,
  O extends z.ZodType = z.ZodType,
  A extends Access = Access,
> extends Draft<I, O, A> {
  /** `<service>.<operation>`: how documents, tests and clients find it. */
  readonly id: string;
  readonly service: string;
  readonly name: string;
  /** Where it is asked on the bus. */
  readonly subject: string;
}

/** What a handler receives. */
export type In<Op extends Operation> = z.output<Op['input']>;
/** What a caller may send. */
export type Ask<Op extends Operation> = z.input<Op['input']>;
/** What a handler answers. */
export type Out<Op extends Operation> = z.output<Op['output']>;
/** What comes back: the answer, or a refusal with a code. */
export type Outcome<Op extends Operation> = Out<Op> | Refusal;

function draft<I extends z.ZodObject, O extends z.ZodType, A extends Access>(
  kind: OperationKind,
  declared: CommandDeclaration<I, O, A>,
  mediaType?: string,
): Draft<I, O, A> {
  const { limit } = declared;
  return {
    kind,
    summary: declared.summary,
    access: declared.access,
    // Unknown fields are refused, so that a misspelt one is noticed and `role: "admin"` gets nobody anywhere.
    input: declared.input.strict() as unknown as I,
    output: declared.output,
    http: declared.http === undefined ? undefined : route(declared.http),
    limits: limit === undefined ? [] : 'per' in limit ? [limit] : limit,
    refusals: [...(declared.refusals ?? []), ...(declared.inPerson ? [NotWhileImpersonating] : [])],
    emits: declared.emits ?? [],
    secret: declared.secret ?? false,
    keyed: kind === 'command' && (declared.keyed ?? true),
    session: declared.session,
    inPerson: declared.inPerson ?? false,
    byKey: declared.byKey ?? !declared.inPerson,
    mediaType,
  };
}

/** Changes something; takes an `Idempotency-Key`, unless it says otherwise. */
export const command = <I extends z.ZodObject, O extends z.ZodType, A extends Access>(
  declared: CommandDeclaration<I, O, A>,
) => draft('command', declared);

/** Only reads. */
export const query = <I extends z.ZodObject, O extends z.ZodType, A extends Access>(declared: Declaration<I, O, A>) =>
  draft('query', declared);

/** Only reads, and answers a file: its bytes as they are, of whatever length. */
export const download = <I extends z.ZodObject, A extends Access>({ mediaType, ...declared }: DownloadDeclaration<I, A>) =>
  draft('query', { ...declared, output: FileAnswer }, mediaType);

export const SERVICE = Symbol('mela.service');
export const KEEPS_PERSONAL_DATA = Symbol('mela.keepsPersonalData');

type Operations<D> = { readonly [K in keyof D]: D[K] extends Draft<infer I, infer O, infer A> ? Operation<I, O, A> : never };

export type Service<D = Record<string, Operation>> = Operations<D> & { readonly [SERVICE]: string; readonly [KEEPS_PERSONAL_DATA]: boolean };

/** A service's operations, each named by the service and its own key. */
export function service<D extends Record<string, Draft<any, any, any>>>(name: string, drafts: D, { keepsPersonalData = false }: { keepsPersonalData?: boolean } = {}): Service<D> {
  const operations = Object.entries(drafts).map(([key, drafted]) => [
    key,
    { ...drafted, id: `${name}.${key}`, service: name, name: key, subject: `svc.${name}.${key}` },
  ]);
  return { ...Object.fromEntries(operations), [SERVICE]: name, [KEEPS_PERSONAL_DATA]: keepsPersonalData } as Service<D>;
}

export const isService = (value: unknown): value is Service =>
  typeof value === 'object' && value !== null && SERVICE in value;

export const operationsOf = (contract: { readonly [SERVICE]: string }): Operation[] => Object.values(contract) as Operation[];
