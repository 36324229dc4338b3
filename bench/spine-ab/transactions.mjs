/** Transactions on the plain driver. @param {import('pg').Pool} pool @returns {import('@mela/bus').Transactions<any>} */
export function transactions(pool) {
  /** @param {import('pg').Pool | import('pg').PoolClient} on */
  const sql = (on) => ({ query: async (/** @type {string} */ text, /** @type {readonly unknown[]} */ values = []) => (await on.query(text, /** @type {any} */ (values))).rows });
  return {
    ...sql(pool),
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const result = await work(sql(client));
        await client.query('COMMIT');
        return result;
      } catch (fault) {
        await client.query('ROLLBACK');
        throw fault;
      } finally {
        client.release();
      }
    },
  };
}
