import type { OutsideProof, Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { OutsideProviders } from '../outside/outside-providers.ts';
import type { Vouched } from '../outside/outside.ts';
import { OutsideFlowService } from './outside-flow.service.ts';

/** Whoever has just signed in at a provider, in an app or at its page. */
@Injectable()
export class OutsideProofs {
  constructor(
    private readonly providers: OutsideProviders,
    private readonly flows: OutsideFlowService,
  ) {}

  /** What a page's sign-in gave is used up with it. */
  vouched(provider: string, proof: OutsideProof): Promise<Vouched | Refusal> {
    return 'idToken' in proof ? this.providers.vouched(provider, proof.idToken, proof.nonce) : this.flows.vouched({ provider, ...proof });
  }
}
