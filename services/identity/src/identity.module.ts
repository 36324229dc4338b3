import { Db, defineService, LOG, SETTINGS } from '@mela/chassis';
import { identity } from '@mela/contracts';
import type { Logger } from 'pino';
import { AccountApi } from './account/account.api.ts';
import { AccountService } from './account/account.service.ts';
import { ApiKeyApi } from './api-key/api-key.api.ts';
import { ApiKeyService } from './api-key/api-key.service.ts';
import { KeyExchangeService } from './api-key/key-exchange.service.ts';
import { AuditApi } from './audit/audit.api.ts';
import { AuditService } from './audit/audit.service.ts';
import { CardApi } from './card/card.api.ts';
import { CardService } from './card/card.service.ts';
import { DepartureApi } from './departure/departure.api.ts';
import { DepartureService } from './departure/departure.service.ts';
import { Reopening } from './departure/reopening.ts';
import { EmailChangeApi } from './email-change/email-change.api.ts';
import { EmailChangeService } from './email-change/email-change.service.ts';
import { ExportApi } from './export/export.api.ts';
import { ExportService } from './export/export.service.ts';
import { OwnRecords } from './export/own-records.ts';
import { FirstProof } from './forgotten-password/first-proof.ts';
import { ForgottenPasswordApi } from './forgotten-password/forgotten-password.api.ts';
import { ForgottenPasswordService } from './forgotten-password/forgotten-password.service.ts';
import { ImpersonationApi } from './impersonation/impersonation.api.ts';
import { ImpersonationService } from './impersonation/impersonation.service.ts';
import { Keyring } from './keyring/keyring.ts';
import { MailApi } from './mail/mail.api.ts';
import { MailService } from './mail/mail.service.ts';
import { OutsideFlowApi } from './outside-flow/outside-flow.api.ts';
import { OutsideFlowService } from './outside-flow/outside-flow.service.ts';
import { OutsideProofs } from './outside-flow/outside-proofs.ts';
import { OutsideLinkApi } from './outside-link/outside-link.api.ts';
import { OutsideLinkService } from './outside-link/outside-link.service.ts';
import { OutsideProviders } from './outside/outside-providers.ts';
import { OutsideApi } from './outside/outside.api.ts';
import { OutsideService } from './outside/outside.service.ts';
import { OwnerProofs } from './owner-proof/owner-proofs.ts';
import { Ceremonies } from './passkey/ceremonies.ts';
import { PasskeyChallenges } from './passkey/passkey-challenges.ts';
import { PasskeySignInService } from './passkey/passkey-sign-in.service.ts';
import { PasskeyApi } from './passkey/passkey.api.ts';
import { PasskeyService } from './passkey/passkey.service.ts';
import { PasswordChangeApi } from './password-change/password-change.api.ts';
import { PasswordChangeService } from './password-change/password-change.service.ts';
import { KnownPassword } from './person/known-password.ts';
import { NewPasswords } from './person/new-passwords.ts';
import { PasswordHasher } from './person/password-hasher.ts';
import { PersonApi } from './person/person.api.ts';
import { PersonService } from './person/person.service.ts';
import { ProfileApi } from './profile/profile.api.ts';
import { ProfileService } from './profile/profile.service.ts';
import { OnAccountClosed } from './reactions/account-closed.ts';
import { OnProfileChanged } from './reactions/profile-changed.ts';
import { Challenges } from './second-factor/challenges.ts';
import { Proofs } from './second-factor/proofs.ts';
import { RecoveryCodes } from './second-factor/recovery-codes.ts';
import { SecondFactorResetApi } from './second-factor-reset/second-factor-reset.api.ts';
import { SecondFactorResetService } from './second-factor-reset/second-factor-reset.service.ts';
import { SecondFactorApi } from './second-factor/second-factor.api.ts';
import { SecondFactorService } from './second-factor/second-factor.service.ts';
import { SecondStepService } from './second-factor/second-step.service.ts';
import { TotpSecrets } from './second-factor/totp-secrets.ts';
import { AccessTokens } from './session/access-tokens.ts';
import { RefreshTokens } from './session/refresh-token.ts';
import { SessionOpening } from './session/session-opening.ts';
import { SessionApi } from './session/session.api.ts';
import { SessionService } from './session/session.service.ts';
import { IdentitySettings } from './settings.ts';
import { SetupApi } from './setup/setup.api.ts';
import { SetupService } from './setup/setup.service.ts';
import { SignInApi } from './sign-in/sign-in.api.ts';
import { SignInService } from './sign-in/sign-in.service.ts';
import { UsualWayIn } from './sign-in/usual-way-in.ts';
import { KeySchedule } from './signing-key/key-schedule.ts';
import { SigningKeyApi } from './signing-key/signing-key.api.ts';
import { SigningKeyService } from './signing-key/signing-key.service.ts';
import { SigningKeys } from './signing-key/signing-keys.ts';
import { entities, migrations } from './tables.ts';
import { FamiliarPlaces } from './throttle/familiar-places.ts';
import { SignInThrottle } from './throttle/sign-in-throttle.ts';
import { OneTimeTokens } from './verification/one-time-token.ts';
import { VerificationApi } from './verification/verification.api.ts';
import { VerificationService } from './verification/verification.service.ts';

export const identityService = defineService({
  hosts: identity,
  caches: true,
  outside: true,
  settings: IdentitySettings,
  entities,
  migrations,
  apis: [PersonApi, ProfileApi, SetupApi, CardApi, SignInApi, SessionApi, PasswordChangeApi, SigningKeyApi, AccountApi, ImpersonationApi, AuditApi, VerificationApi, ForgottenPasswordApi, EmailChangeApi, MailApi, SecondFactorApi, SecondFactorResetApi, PasskeyApi, ApiKeyApi, DepartureApi, ExportApi, OutsideApi, OutsideFlowApi, OutsideLinkApi],
  reactions: [OnProfileChanged, OnAccountClosed],
  tidies: [AuditService, SignInThrottle, SessionService, VerificationService, PasskeyService, ApiKeyService, DepartureService, ExportService, OutsideFlowService],
  personalData: OwnRecords,
  providers: [
    PersonService,
    ProfileService,
    SetupService,
    CardService,
    AccountService,
    ImpersonationService,
    AuditService,
    SignInService,
    UsualWayIn,
    SessionService,
    SessionOpening,
    PasswordChangeService,
    VerificationService,
    ForgottenPasswordService,
    FirstProof,
    EmailChangeService,
    MailService,
    PasswordHasher,
    NewPasswords,
    SignInThrottle,
    FamiliarPlaces,
    AccessTokens,
    SigningKeyService,
    KeySchedule,
    ApiKeyService,
    KeyExchangeService,
    DepartureService,
    Reopening,
    ExportService,
    OwnRecords,
    { provide: Keyring, inject: [SETTINGS], useFactory: (settings: IdentitySettings) => new Keyring(settings.IDENTITY_KEY_SECRET) },
    { provide: RefreshTokens, inject: [Keyring], useFactory: (keyring: Keyring) => new RefreshTokens(keyring.keyFor('refresh-token')) },
    {
      provide: SigningKeys, inject: [Db, Keyring, SETTINGS],
      useFactory: (db: Db, keyring: Keyring, settings: IdentitySettings) => SigningKeys.open(db, keyring, settings),
    },
    { provide: OneTimeTokens, inject: [Keyring], useFactory: (keyring: Keyring) => new OneTimeTokens(keyring.keyFor('one-time-token')) },
    KnownPassword,
    OwnerProofs,
    SecondFactorService,
    SecondFactorResetService,
    SecondStepService,
    Proofs,
    { provide: Challenges, inject: [Keyring], useFactory: (keyring: Keyring) => new Challenges(keyring.keyFor('sign-in-challenge')) },
    { provide: TotpSecrets, inject: [Keyring], useFactory: (keyring: Keyring) => new TotpSecrets(keyring) },
    { provide: RecoveryCodes, inject: [Keyring], useFactory: (keyring: Keyring) => new RecoveryCodes(keyring.keyFor('recovery-code')) },
    PasskeyService,
    PasskeySignInService,
    {
      provide: Ceremonies, inject: [Keyring, SETTINGS],
      useFactory: (keyring: Keyring, settings: IdentitySettings) => new Ceremonies(new PasskeyChallenges(keyring.keyFor('passkey-challenge')), settings),
    },
    OutsideService,
    OutsideFlowService,
    OutsideProofs,
    OutsideLinkService,
    { provide: OutsideProviders, inject: [SETTINGS, LOG], useFactory: (settings: IdentitySettings, log: Logger) => new OutsideProviders(settings.IDENTITY_OIDC, log) },
  ],
});
