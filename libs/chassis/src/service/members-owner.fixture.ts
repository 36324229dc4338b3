import { encodeJson, header, OperationServer } from '@mela/bus';
import { communities, id, type CommunityRole, type In, type MemberState } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';

/** Stands on the bus where communities stands: what it knows of members is the test's to say. */
export class MembersOwner {
  /** What it answers whoever has their own role confirmed, and how often it was asked. */
  role: CommunityRole | null = null;
  confirmed = 0;
  members: MemberState[] = [];
  /** The pages that were asked for, by where they began. */
  readonly pages: (string | undefined)[] = [];
  /** Called before a page is answered. */
  answering: () => unknown = () => undefined;
  private server: OperationServer | undefined;

  constructor(private readonly nc: NatsConnection) {}

  async open(): Promise<this> {
    this.server = new OperationServer(this.nc, 'communities');
    this.server.serve(communities.membership.subject, async () => {
      this.confirmed += 1;
      return answer({ role: this.role });
    });
    this.server.serve(communities.members.subject, async (body) => {
      const input = communities.members.input.parse(JSON.parse(new TextDecoder().decode(body)));
      this.pages.push(input.after);
      const page = this.page(input);
      await this.answering();
      return answer(page);
    });
    await new Promise<void>((resolve, reject) => this.server!.listen((fault?: unknown) => (fault ? reject(fault) : resolve())));
    await this.nc.flush();
    return this;
  }

  async close(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }

  private page({ after, limit }: In<typeof communities.members>) {
    const begin = after === undefined ? 0 : Number(after);
    const end = begin + limit;
    return { items: this.members.slice(begin, end), next: end < this.members.length ? String(end) : null };
  }
}

const answer = (value: unknown) => ({ status: 200, headers: new Map([[header.status, '200']]), body: encodeJson(value) });

/** Members of one community, the n-th being the person id(n). */
export const membersOf = (communityId: string, count: number): MemberState[] =>
  Array.from({ length: count }, (_, n) => ({ communityId, userId: id(n + 1_000), role: 'member', version: 1 }));
