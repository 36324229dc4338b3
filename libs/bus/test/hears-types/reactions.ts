import { MemberJoined, PostCreated, type EventOf } from '@mela/contracts';
import { Hears } from '../../src/consume/hears.ts';

@Hears(PostCreated, { as: 'test.right' })
export class Right {
  constructor(private readonly greeting: string) {}

  async handle(event: EventOf<typeof PostCreated>, tx: { query(text: string): Promise<unknown> }): Promise<void> {
    await tx.query(this.greeting + event.data.postId);
  }
}

@Hears(PostCreated, { as: 'test.needs-only-the-id' })
export class NeedsOnlyTheId {
  handle({ id }: { id: string }): string {
    return id;
  }
}

@Hears([PostCreated, MemberJoined], { as: 'test.both' })
export class Both {
  handle(event: EventOf<typeof PostCreated | typeof MemberJoined>): string {
    return event.data.communityId;
  }
}

// @ts-expect-error: it hears a post and takes a member
@Hears(PostCreated, { as: 'test.another-event' })
export class AnotherEvent {
  handle(event: EventOf<typeof MemberJoined>): string {
    return event.data.role;
  }
}

// @ts-expect-error: it hears both and is ready for one
@Hears([PostCreated, MemberJoined], { as: 'test.one-of-both' })
export class OneOfBoth {
  handle(event: EventOf<typeof PostCreated>): string {
    return event.data.postId;
  }
}

// @ts-expect-error: it wants a field that the event does not have
@Hears(PostCreated, { as: 'test.more-than-there-is' })
export class MoreThanThereIs {
  handle(event: { data: { postId: string; title: string } }): string {
    return event.data.title;
  }
}

// @ts-expect-error: it has no handle
@Hears(PostCreated, { as: 'test.deaf' })
export class Deaf {}

@Hears(PostCreated, { as: 'test.many-at-once' })
export class ManyAtOnce {
  handle(event: EventOf<typeof PostCreated>): string {
    return event.data.postId;
  }

  async handleAll(events: readonly EventOf<typeof PostCreated>[], tx: { query(text: string): Promise<unknown> }): Promise<void> {
    await tx.query(events.map(({ data }) => data.postId).join());
  }
}

// @ts-expect-error: one by one it takes a post, many at once members
@Hears(PostCreated, { as: 'test.many-others' })
export class ManyOthers {
  handle(event: EventOf<typeof PostCreated>): string {
    return event.data.postId;
  }

  async handleAll(events: readonly EventOf<typeof MemberJoined>[]): Promise<string[]> {
    return events.map(({ data }) => data.role);
  }
}

// @ts-expect-error: nobody waits for it
@Hears(PostCreated, { as: 'test.many-unawaited' })
export class ManyUnawaited {
  handle(event: EventOf<typeof PostCreated>): string {
    return event.data.postId;
  }

  handleAll(events: readonly EventOf<typeof PostCreated>[]): number {
    return events.length;
  }
}
