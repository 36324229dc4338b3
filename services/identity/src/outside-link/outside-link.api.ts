import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { OutsideLinkService } from './outside-link.service.ts';

@Api()
export class OutsideLinkApi {
  constructor(private readonly links: OutsideLinkService) {}

  @Handles(identity.linkOutside)
  link(input: In<typeof identity.linkOutside>, caller: Caller) {
    return this.links.link(caller, input);
  }

  @Handles(identity.outsideLinks)
  list(_input: In<typeof identity.outsideLinks>, caller: Caller) {
    return this.links.list(caller);
  }

  @Handles(identity.unlinkOutside)
  unlink({ linkId }: In<typeof identity.unlinkOutside>, caller: Caller) {
    return this.links.unlink(caller, linkId);
  }
}
