import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export const roleOf = (service: string): string => `mela_${service}`;

/**
 * Gives a service its role and a schema that this role alone may enter. Idempotent; an existing role takes the
 * password it is told, so that a lost one can be set anew.
 */
export async function provision(adminUrl: string, service: string, password: string): Promise<string> {
  const admin = new Client({ connectionString: adminUrl, application_name: 'mela-provision' });
  await admin.connect();
  try {
    const [role, schema] = [escapeIdentifier(roleOf(service)), escapeIdentifier(service)];
    await admin.query('BEGIN');
    // Two processes creating one role at once would trip over each other in the catalogue.
    await admin.query(`SELECT pg_advisory_xact_lock(hashtext('mela.provision'))`);
    const existing = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [roleOf(service)]);
    await admin.query(`${existing.rowCount ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${escapeLiteral(password)}`);
    await admin.query(`GRANT ${role} TO CURRENT_USER`);
    await admin.query(`CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${role}`);
    await admin.query(`REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`);
    await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    await admin.query(`ALTER ROLE ${role} SET search_path = ${schema}`);
    await admin.query('COMMIT');
  } finally {
    await admin.end();
  }
  const url = new URL(adminUrl);
  url.username = roleOf(service);
  url.password = encodeURIComponent(password);
  return url.href;
}
