import { InvalidInput, isRefusal, type Refusal } from '@mela/contracts';
import type { z } from 'zod';
import { header, type Wrapper } from '../exchange.ts';
import { joinInput, parseBody } from '../json.ts';

/** Bytes to the contract's input, or a refusal that names every field at fault. */
export const parsed: Wrapper = (next) => async (exchange) => {
  const body = parseBody(exchange.body);
  if (isRefusal(body)) return body;
  const params = exchange.headers(header.params);
  const joined = params === undefined ? body : joinInput(body.value, JSON.parse(params));
  if (isRefusal(joined)) return joined;
  const checked = exchange.operation.input.safeParse(joined.value);
  if (!checked.success) return faultsOf(checked.error);
  exchange.input = checked.data;
  return next(exchange);
};

/** The checker says what it expected in its own terms; whoever misses a field wants to be told that. */
function inWords(message: string): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (expected === undefined) return message;
  return received === 'undefined' ? 'is missing' : `is to be of type ${expected}`;
}

// Names come from the sender: nobody makes us send back what we would not take.
const LONGEST_NAME = 100;
const MOST_FAULTS = 20;

function faultsOf(error: z.ZodError): Refusal {
  const faults = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.').slice(0, LONGEST_NAME), fault: 'unknown field' }))
      : [{ field: issue.path.join('.').slice(0, LONGEST_NAME), fault: inWords(issue.message) }],
  ).slice(0, MOST_FAULTS);
  return InvalidInput(faults.map(({ field, fault }) => (field === '' ? fault : `${field}: ${fault}`)).join('; '), { faults });
}
