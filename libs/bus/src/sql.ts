/** What the bus needs of a database: statements in the service's own schema, and transactions around them. */
export interface Sql {
  query<Row = Record<string, unknown>>(statement: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

export interface Transactions<Tx extends Sql = Sql> extends Sql {
  transaction<R>(work: (tx: Tx) => Promise<R>): Promise<R>;
}
