declare const topicName: unique symbol;
/** `community:42`: what a client subscribes to and an event's audience names. */
export type TopicName = string & { readonly [topicName]: true };

export interface TopicKind {
  (key: string): TopicName;
  readonly kind: string;
  /** The operation that says whether a person may hear it. */
  readonly grantedBy: string;
}

export function topicKind(kind: string, options: { grantedBy: string }): TopicKind {
  return Object.assign((key: string) => `${kind}:${key}` as TopicName, { kind, ...options });
}

export function parseTopic(name: string): { kind: string; key: string } | undefined {
  const match = /^([a-z]+(?:-[a-z]+)*):([A-Za-z0-9-]{1,64})$/.exec(name);
  return match ? { kind: match[1]!, key: match[2]! } : undefined;
}
