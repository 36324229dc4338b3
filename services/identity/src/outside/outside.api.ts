import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { OutsideService } from './outside.service.ts';

@Api()
export class OutsideApi {
  constructor(private readonly outside: OutsideService) {}

  @Handles(identity.signInOutside)
  signIn(input: In<typeof identity.signInOutside>) {
    return this.outside.signIn(input);
  }
}
