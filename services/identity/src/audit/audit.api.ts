import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { AuditService } from './audit.service.ts';

@Api()
export class AuditApi {
  constructor(private readonly log: AuditService) {}

  @Handles(identity.audit)
  mine(input: In<typeof identity.audit>, caller: Caller) {
    return this.log.mine(caller, input);
  }

  @Handles(identity.auditOf)
  of(input: In<typeof identity.auditOf>) {
    return this.log.of(input);
  }

  @Handles(identity.auditAll)
  all(input: In<typeof identity.auditAll>) {
    return this.log.all(input);
  }

  @Handles(identity.exportAudit)
  export(input: In<typeof identity.exportAudit>) {
    return this.log.export(input);
  }
}
