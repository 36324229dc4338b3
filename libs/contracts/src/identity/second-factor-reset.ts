import { z } from 'zod';
import { platform, services } from '../language/access.ts';
import { perUser } from '../language/limit.ts';
import { Id, Text } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { NotYourself } from './account.ts';
import { Email, PersonUnknown } from './person.ts';
import { SecondFactorOff, UserSecondFactorChanged } from './second-factor.ts';
import { SessionRevoked } from './session.ts';

const Reason = Text(500).meta({ examples: ['Lost the phone and the codes; known to us by voice'] });
const output = z.object({ ended: z.int() });
const emits = [UserSecondFactorChanged, SessionRevoked];

export const secondFactorResetOperations = {
  resetSecondFactor: command({
    summary: 'Ask a person for no codes any more who has lost the app and the recovery codes; their sessions end, and they are told',
    http: 'POST /identity/people/:personId/second-factor/reset',
    access: platform('admin'),
    limit: perUser(60, '1m'),
    input: z.object({ personId: Id, reason: Reason }),
    output,
    refusals: [PersonUnknown, NotYourself, SecondFactorOff],
    emits,
    inPerson: true,
  }),
  resetSecondFactorAsOperator: command({
    summary: 'The same for whoever has this address, as the instance’s operator',
    access: services,
    input: z.object({ email: Email, reason: Reason }),
    output,
    refusals: [PersonUnknown, SecondFactorOff],
    emits,
  }),
};
