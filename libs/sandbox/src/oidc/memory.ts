import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Kept {
  readonly payload: AdapterPayload;
  readonly until: number;
}

/** What the provider keeps of one kind: sign-ins under way, codes, sessions. It is gone with the process. */
export class Memory implements Adapter {
  private readonly kept = new Map<string, Kept>();

  async upsert(id: string, payload: AdapterPayload, seconds?: number): Promise<void> {
    for (const [old, { until }] of this.kept) if (until < Date.now()) this.kept.delete(old);
    this.kept.set(id, { payload, until: seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + seconds * 1_000 });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const found = this.kept.get(id);
    return found && found.until >= Date.now() ? found.payload : undefined;
  }

  findByUid = (uid: string) => this.first((payload) => payload.uid === uid);

  findByUserCode = (userCode: string) => this.first((payload) => payload.userCode === userCode);

  async consume(id: string): Promise<void> {
    const found = this.kept.get(id);
    if (found) found.payload.consumed = Math.floor(Date.now() / 1_000);
  }

  async destroy(id: string): Promise<void> {
    this.kept.delete(id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, { payload }] of this.kept) if (payload.grantId === grantId) this.kept.delete(id);
  }

  private async first(fits: (payload: AdapterPayload) => boolean): Promise<AdapterPayload | undefined> {
    return [...this.kept.values()].find(({ payload, until }) => until >= Date.now() && fits(payload))?.payload;
  }
}
