import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SessionService } from './session.service.ts';

@Api()
export class SessionApi {
  constructor(private readonly sessions: SessionService) {}

  @Handles(identity.signIn)
  signIn(input: In<typeof identity.signIn>) {
    return this.sessions.signIn(input);
  }

  @Handles(identity.refresh)
  refresh(input: In<typeof identity.refresh>) {
    return this.sessions.refresh(input);
  }
}
