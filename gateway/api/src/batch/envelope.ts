import { encodeJson, problem, PROBLEM } from '@mela/bus';
import { AnswerTooLarge, type Refusal } from '@mela/contracts';

/** One read's answer: its body is JSON as bytes, and nobody looks into it. */
export interface ReadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What all the answers of a batch may hold together. */
export const ROOM = 4 * 1024 * 1024;

export const refusedRead = (refusal: Refusal, traceparent: string): ReadAnswer => ({
  status: refusal.status,
  headers: { 'Content-Type': PROBLEM },
  body: encodeJson(problem(refusal, traceparent)),
});

interface Placed {
  readonly id: string | undefined;
  readonly answer: ReadAnswer;
}

const text = (written: string): Uint8Array => Buffer.from(written);
const NO_ROOM = AnswerTooLarge(`The answers before it left too little of the ${ROOM / 1024 / 1024} MB that a batch answers with`);

/** The JSON around the answers, in their order. One that there is no room for says so in its place. */
export function envelope(places: readonly Placed[], traceparent: string, room = ROOM): Uint8Array {
  const parts: Uint8Array[] = [text('{"responses":[')];
  for (const [at, { id, answer }] of places.entries()) {
    const fits = answer.body.length <= room;
    if (fits) room -= answer.body.length;
    const { status, headers, body } = fits ? answer : refusedRead({ ...NO_ROOM, hint: 'Ask for it alone' }, traceparent);
    const head = JSON.stringify({ id, status, headers }).slice(0, -1);
    parts.push(text(`${at === 0 ? '' : ','}${head}`), ...(body.length === 0 ? [] : [text(',"body":'), body]), text('}'));
  }
  return Buffer.concat([...parts, text(']}')]);
}
