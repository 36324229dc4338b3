import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { ExportService } from './export.service.ts';

@Api()
export class ExportApi {
  constructor(private readonly exports: ExportService) {}

  @Handles(identity.requestExport)
  request(_input: In<typeof identity.requestExport>, caller: Caller) {
    return this.exports.request(caller);
  }

  @Handles(identity.export)
  find(input: In<typeof identity.export>, caller: Caller) {
    return this.exports.find(caller, input);
  }

  @Handles(identity.exportArchive)
  download(input: In<typeof identity.exportArchive>, caller: Caller) {
    return this.exports.download(caller, input);
  }

  @Handles(identity.deliverExportPart)
  deliver(input: In<typeof identity.deliverExportPart>) {
    return this.exports.deliver(input);
  }
}
