import { z } from 'zod';
import { anyone } from '../language/access.ts';
import { perAddress } from '../language/limit.ts';
import { command } from '../language/operation.ts';
import { ApiKeyRevoked } from './api-key.ts';
import { Email, Password, UserPasswordChanged } from './person.ts';
import { UserSecondFactorChanged } from './second-factor.ts';
import { HashingBusy, SessionRevoked, WeakPassword } from './session.ts';
import { OneTimeToken, TokenRefused, UserEmailVerified, VerificationRequested } from './verification.ts';
import { UserWaysInChanged } from './ways-in.ts';

export const forgottenPasswordOperations = {
  forgotPassword: command({
    summary: 'Have a link sent that sets another password; whether the address has an account is not said',
    http: 'POST /identity/forgotten-password',
    access: anyone,
    limit: [perAddress(10, '1m'), perAddress(60, '1h')],
    input: z.object({ email: Email }),
    output: z.object({ accepted: z.literal(true) }),
    emits: [VerificationRequested],
  }),
  resetPassword: command({
    summary: 'Another password, for whoever has the token that was sent; every session ends, and where the address was never verified every other way in',
    http: 'POST /identity/reset-password',
    access: anyone,
    limit: perAddress(30, '1m'),
    input: z.object({ token: OneTimeToken, newPassword: Password }),
    output: z.object({ ended: z.int() }),
    refusals: [TokenRefused, WeakPassword, HashingBusy],
    emits: [UserPasswordChanged, SessionRevoked, UserEmailVerified, UserWaysInChanged, UserSecondFactorChanged, ApiKeyRevoked],
  }),
};
