import type { DeliveryVerdict, Finding, GatewayAccount, Out, PassedOver, realtime } from '@mela/contracts';

type Answer = Out<typeof realtime.why>;

/** A paragraph for each gateway: what it knows of the event, and a sentence for each connection and topic. */
export function tellWhy({ gateways, silent }: Answer): string[] {
  return [...gateways.flatMap(ofGateway), ...silent.map((gateway) => `Gateway ${gateway} did not answer: what it knows is not in here.`)];
}

function ofGateway(account: GatewayAccount): string[] {
  const { gateway, event, passedOver, findings } = account;
  const known = event
    ? `Gateway ${gateway}: ${event.type} is event ${event.place} of the stream, stored at ${event.storedAt}, and concerns ${event.topics.join(', ') || 'no topic: nobody hears it'}.`
    : `Gateway ${gateway}: ${unknown(account)}`;
  const repeated = event && passedOver === 'repeat' ? ['It came a second time, and was told once.'] : [];
  return [known, ...[...repeated, ...findings.map(sentence)].map((text) => `  ${text}`)];
}

const unknown = ({ passedOver, knowsSince }: GatewayAccount): string =>
  passedOver === null
    ? `it knows no such event. It remembers those since ${knowsSince.events}; what is older is in the stream: \`mela events tail --from <time>\`.`
    : told[passedOver];

const told: Record<PassedOver, string> = {
  repeat: 'the event came a second time, after it had been told, and what came first is forgotten by now.',
  unreadable: 'the event was passed over: nobody declares its type, or its data do not fit the declaration.',
  put_back: 'the event was put back into the stream after a break. It is old, and was told to nobody again: everybody was told to read the state anew.',
};

function sentence(finding: Finding): string {
  const eyes = finding.impersonator === undefined ? '' : ` of admin ${finding.impersonator}, who looked through the person’s eyes`;
  const where = [finding.connection && `connection ${finding.connection}${eyes}`, finding.topic].filter(Boolean).join(', ');
  return `${where === '' ? '' : `${where}: `}${words[finding.verdict](finding)}.`;
}

const at = ({ at: when }: Finding): string => (when === null ? '' : ` at ${when}`);
const waiting = ({ waiting: bytes }: Finding): string => (bytes ? `, with ${bytes} bytes unread` : '');

const words: Record<DeliveryVerdict, (finding: Finding) => string> = {
  delivered: (finding) => `delivered${at(finding)}`,
  replayed: (finding) => `told when the client came back${at(finding)}`,
  buffered: ({ waiting: bytes }) => `waits to be read${bytes ? `: ${bytes} bytes do` : ''}`,
  dropped: (finding) => `lost: the client read too slowly, and its connection was closed with ${finding.code}${at(finding)}${waiting(finding)}`,
  unconfirmed: (finding) =>
    `written, and perhaps never read: nothing was heard of the client from then until its connection ended with ${finding.code}${at(finding)}${waiting(finding)}`,
  revoked: (finding) => `not authorised any more: the right was taken away${at(finding)}`,
  unsubscribed: (finding) => `not subscribed any more: the client gave the topic up${at(finding)}`,
  interrupted: (finding) => `not told: the connection ended with ${finding.code}${at(finding)}, before the client was told so far`,
  right_later: (finding) => `not authorised yet: the right began after it, and was asked for${at(finding)}`,
  refused: (finding) => `not authorised: the topic’s owner refused with ${finding.code}${at(finding)}`,
  not_recovered: (finding) => `subscribed after it${at(finding)}, with a cursor that could not be gone on from: the client was told to read the state anew`,
  resumed_later: (finding) => `the client came back${at(finding)} with a cursor that lies behind it: it says that it has had it`,
  subscribed_later: (finding) => `subscribed after it${at(finding)}, without a cursor: what happened before is in the state`,
  not_subscribed: () => 'connected, and had not subscribed to the topic',
  not_connected: (finding) => (finding.connection === null ? 'the person had no connection here' : `was the person’s last before it, and ended with ${finding.code}${at(finding)}: no other was open here`),
  forgotten: (finding) => `so long ago that it is not known here who was connected; it is since${at(finding).replace(' at', '')}`,
};
