import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { PersonService } from './person.service.ts';

@Api()
export class PersonApi {
  constructor(private readonly people: PersonService) {}

  @Handles(identity.register)
  register(input: In<typeof identity.register>) {
    return this.people.register(input);
  }

  @Handles(identity.me)
  me(_input: In<typeof identity.me>, caller: Caller) {
    return this.people.find(caller.personId);
  }

  @Handles(identity.changeRole)
  changeRole(input: In<typeof identity.changeRole>, caller: Caller) {
    return this.people.changeRole(caller, input);
  }

  @Handles(identity.appoint)
  appoint(input: In<typeof identity.appoint>) {
    return this.people.appoint(input);
  }

  @Handles(identity.hearing)
  hearing(input: In<typeof identity.hearing>, caller: Caller) {
    return this.people.hearing(caller.personId, input.topic);
  }
}
