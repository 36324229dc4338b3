import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SessionService } from './session.service.ts';

@Api()
export class SessionApi {
  constructor(private readonly sessions: SessionService) {}

  @Handles(identity.refresh)
  refresh(input: In<typeof identity.refresh>) {
    return this.sessions.refresh(input);
  }

  @Handles(identity.sessions)
  list(input: In<typeof identity.sessions>, caller: Caller) {
    return this.sessions.list(caller, input);
  }

  @Handles(identity.endSession)
  end({ sessionId }: In<typeof identity.endSession>, caller: Caller) {
    return this.sessions.endOne(caller, sessionId);
  }

  @Handles(identity.signOut)
  signOut(input: In<typeof identity.signOut>, caller: Caller) {
    return this.sessions.signOut(caller, input);
  }
}
