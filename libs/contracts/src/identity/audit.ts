import { z } from 'zod';
import { person, platform, services } from '../language/access.ts';
import { perUser } from '../language/limit.ts';
import { Cursor, Id, Instant, Page, pageOf } from '../language/models.ts';
import { command, query } from '../language/operation.ts';

/** What is noted of people and of those who look after them. */
export const auditKinds = [
  'registered', 'signed_in', 'sign_in_failed', 'signed_out', 'session_ended', 'refresh_token_reused', 'proof_failed', 'password_changed',
  'role_changed', 'appointed', 'suspended', 'restored', 'impersonated', 'audit_exported',
  'password_reset', 'email_changed',
  'second_factor_on', 'second_factor_off', 'second_factor_reset', 'second_factor_failed', 'recovery_codes_renewed', 'recovery_code_used',
  'passkey_added', 'passkey_removed', 'passkey_refused',
  'api_key_created', 'api_key_rotated', 'api_key_revoked', 'api_key_refused',
  'deactivated', 'reactivated', 'deletion_requested', 'deletion_cancelled', 'deleted', 'export_requested',
  'outside_linked', 'outside_unlinked',
] as const;
export type AuditKind = (typeof auditKinds)[number];

const What = z.enum(auditKinds);

export const AuditEntry = z.object({
  id: Id,
  at: Instant,
  what: What,
  /** Whose doing it was: the admin's, where one looked through somebody's eyes. Nobody's that is known, where it is null. */
  who: Id.nullable(),
  /** Whom it concerns. */
  about: Id.nullable(),
  /** Where it was asked from, and by what: null where no client did, or where that is somebody else's. */
  clientAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  device: z.string().nullable(),
  traceId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.output<typeof AuditEntry>;

// PostgreSQL knows no year 0.
const Moment = Instant.refine((at) => !at.startsWith('0000'), 'There was no year 0');
const period = { from: Moment.optional(), to: Moment.optional() };

export const auditOperations = {
  audit: query({
    summary: 'What happened to the caller’s account, the latest first',
    http: 'GET /identity/audit',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({ what: What.optional(), ...period, ...pageOf }),
    output: Page(AuditEntry),
  }),
  auditOf: query({
    summary: 'What happened to a person’s account, the latest first',
    http: 'GET /identity/people/:personId/audit',
    access: platform('admin'),
    limit: perUser(120, '1m'),
    input: z.object({ personId: Id, what: What.optional(), ...period, ...pageOf }),
    output: Page(AuditEntry),
  }),
  auditAll: query({
    summary: 'Everything in the audit log, the latest first',
    http: 'GET /identity/audit/all',
    access: platform('admin'),
    limit: perUser(120, '1m'),
    input: z.object({ what: What.optional(), who: Id.optional(), about: Id.optional(), ...period, ...pageOf }),
    output: Page(AuditEntry),
  }),
  exportAudit: command({
    summary: 'The audit log page by page, as the instance’s operator; that it was begun is noted in it',
    access: services,
    input: z.object({ ...period, after: Cursor.optional(), limit: z.int().min(1).max(1_000).default(1_000) }),
    output: Page(AuditEntry),
  }),
};
