import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { OutsideFlowService } from './outside-flow.service.ts';

@Api()
export class OutsideFlowApi {
  constructor(private readonly flows: OutsideFlowService) {}

  @Handles(identity.beginOutside)
  begin(input: In<typeof identity.beginOutside>) {
    return this.flows.begin(input);
  }

  @Handles(identity.finishOutside)
  finish(input: In<typeof identity.finishOutside>) {
    return this.flows.finish(input);
  }
}
