import { refusal, TooManyRequests, Unavailable } from '@mela/contracts';

export const MalformedFrame = refusal('frame.malformed', 400, 'The frame is not a JSON object');
export const FrameTooLarge = refusal('frame.too_large', 413, 'The frame is too large');
export const UnknownFrame = refusal('frame.unknown', 400, 'There is no such frame');
export const InvalidFrame = refusal('frame.invalid', 400, 'The frame does not fit the protocol');
export const ConnectFirst = refusal('connect.first', 401, 'Send a connect frame first');
export const ConnectedAlready = refusal('connect.twice', 409, 'This connection is connected already');
export const TooManyConnections = refusal('connect.too_many', 429, 'This person has as many connections as one may have', 'Close one that is not needed');
export const TooFast = refusal('frame.rate_limited', 429, 'Frames come faster than this connection may send them');
export const UnknownTopic = refusal('topic.unknown', 404, 'There is no such topic');
export const TooManyTopics = refusal('topic.too_many', 409, 'This connection has as many subscriptions as it may have');
export const Unsubscribed = refusal('topic.unsubscribed', 409, 'The subscription was given up before it was granted');
export const InvalidTicket = refusal('auth.invalid_ticket', 401, 'The ticket is not valid', 'It works once and for 30 seconds: get another, POST /api/v1/realtime/tickets');
export const TransportOff = refusal('realtime.transport_off', 404, 'This transport is switched off here');
const ASKED_TOO_FAST = 'Topics are asked for faster than one person may';
export const TopicsTooFast = { frame: () => TooFast(ASKED_TOO_FAST), request: () => TooManyRequests(ASKED_TOO_FAST) };
export const ShuttingDown = () => Unavailable('This gateway is shutting down');
export const OtherPerson = refusal('auth.other_person', 403, 'The token is somebody else’s');
