import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { DepartureService } from './departure.service.ts';

@Api()
export class DepartureApi {
  constructor(private readonly departures: DepartureService) {}

  @Handles(identity.deactivate)
  deactivate(input: In<typeof identity.deactivate>, caller: Caller) {
    return this.departures.deactivate(caller, input);
  }

  @Handles(identity.delete)
  delete(input: In<typeof identity.delete>, caller: Caller) {
    return this.departures.delete(caller, input);
  }
}
