import { Client, type ClientConfig, type QueryResult } from 'pg';
import { nameOf } from './often-asked.ts';

type Query = Client['query'];
type Told = (fault: Error | null, result: QueryResult) => void;

/** The driver's client, minded where it would harm the process that uses it. */
export class MindedClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    // PostgreSQL may take its leave in the same breath as its last answer: then whoever asked for the connection has not
    // been given it yet, nobody listens for its faults, and the driver would end the process. Whoever uses it afterwards is told anyway.
    this.on('error', () => undefined);
    this.query = planned(ownPromises(inOneGo(this, this.query.bind(this))));
  }
}

/** What is often asked is kept by each connection. */
function planned(query: Query): Query {
  const asked = query as (...given: readonly unknown[]) => unknown;
  return ((...given: readonly unknown[]) => {
    const [text, values, ...rest] = given;
    const name = typeof text === 'string' && Array.isArray(values) ? nameOf(text) : undefined;
    return name === undefined ? asked(...given) : asked({ name, text, values }, ...rest);
  }) as Query;
}

/** What is asked in one breath goes out together: each piece that is sent wakes PostgreSQL, which costs more than what it says. */
function inOneGo({ connection }: Client, query: Query): Query {
  const asked = query as (...given: readonly unknown[]) => unknown;
  let isHeld = false;
  return ((...given: readonly unknown[]) => {
    if (!isHeld) {
      const { stream } = connection;
      isHeld = true;
      stream.cork();
      process.nextTick(() => {
        isHeld = false;
        stream.uncork();
      });
    }
    return asked(...given);
  }) as Query;
}

/**
 * The driver's own promises tie each query to the next: what was asked and answered long ago outlives every collection of
 * young garbage, which takes ten times as long for it. Those made around its callbacks do not.
 */
function ownPromises(query: Query): Query {
  const asked = query as (...given: readonly unknown[]) => unknown;
  const answered = async (given: readonly unknown[]): Promise<QueryResult> => {
    try {
      return await new Promise((resolve, reject) => {
        const told: Told = (fault, result) => (fault ? reject(fault) : resolve(result));
        asked(...given, told);
      });
    } catch (fault) {
      // Where it was asked, instead of where the answer was read.
      Error.captureStackTrace(fault as Error);
      throw fault;
    }
  };
  return ((...given: readonly unknown[]) => (isToldOtherwise(given) ? asked(...given) : answered(given))) as Query;
}

/** By a callback, or by events of its own. */
const isToldOtherwise = (given: readonly unknown[]): boolean =>
  given.some((one) => typeof one === 'function') || typeof (given[0] as { submit?: unknown } | null | undefined)?.submit === 'function';
