import { JetStreamApiError } from '@nats-io/jetstream';

const CONSUMER_NOT_FOUND = 10014;
const STREAM_NOT_FOUND = 10059;

/** The server says that the stream or consumer does not exist; any other fault says nothing about that. */
export const isNotFound = (fault: unknown): boolean =>
  fault instanceof JetStreamApiError && [CONSUMER_NOT_FOUND, STREAM_NOT_FOUND].includes(fault.code);
