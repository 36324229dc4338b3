import { createHash } from 'node:crypto';
import { Db, lasting } from '@mela/chassis';
import { isRefusal, OutsideFlowRefused, type identity, type In, type OutsideFlow, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { newFlowSecrets } from '../outside/code-flow.ts';
import { OutsideProviders } from '../outside/outside-providers.ts';
import { OutsideService } from '../outside/outside.service.ts';
import type { Vouched } from '../outside/outside.ts';
import { FLOW_MINUTES } from './outside-flow.ts';
import { OutsideFlowStore } from './outside-flow.store.ts';

type CameBack = Pick<In<typeof identity.finishOutside>, 'provider' | 'state' | 'codeVerifier' | 'code' | 'iss'>;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Signing in at a provider's page, from where the browser leaves to where it comes back. */
@Injectable()
export class OutsideFlowService {
  constructor(
    private readonly db: Db,
    private readonly providers: OutsideProviders,
    private readonly outside: OutsideService,
  ) {}

  /** The client's challenge binds it to whoever began it; towards the provider there is one of our own. */
  async begin({ provider, redirectUri, codeChallenge }: In<typeof identity.beginOutside>): Promise<OutsideFlow | Refusal> {
    const { state, nonce, verifier } = newFlowSecrets(redirectUri);
    const url = await this.providers.page(provider, { redirectUri, state, nonce, verifier });
    if (isRefusal(url)) return url;
    const kept = { stateHash: hashOf(state), secretHash: Buffer.from(codeChallenge, 'base64url'), provider, redirectUri, nonce, verifier };
    const expiresAt = await this.db.get(OutsideFlowStore).insert(kept, FLOW_MINUTES);
    return { url, state, expiresAt: expiresAt.toISOString() };
  }

  async finish({ name, device, ...cameBack }: In<typeof identity.finishOutside>): Promise<Session | Refusal> {
    const vouched = await this.vouched(cameBack);
    const outcome = isRefusal(vouched) ? vouched : await this.outside.admit(vouched, { name, device });
    // Used is used, also where the request's transaction would undo what was refused.
    return isRefusal(outcome) ? lasting(outcome) : outcome;
  }

  /** Over before the issuer is asked: also where it does not answer, nobody comes back with this a second time. */
  async vouched({ provider, state, codeVerifier, code, iss }: CameBack): Promise<Vouched | Refusal> {
    const flow = await this.db.get(OutsideFlowStore).take(hashOf(state), hashOf(codeVerifier), provider);
    return flow ? this.providers.returned(provider, { ...flow, state }, { code, iss }) : OutsideFlowRefused();
  }

  /** Any replica may do it, and two at once do no harm. */
  tidy(): Promise<void> {
    return this.db.get(OutsideFlowStore).forgetOver();
  }
}
