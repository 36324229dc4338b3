import { Caches, openRedis, type Db } from '@mela/chassis';
import { isRefusal, type Refusal } from '@mela/contracts';
import { AccountService } from '../src/account/account.service.ts';
import { ApiKeyService } from '../src/api-key/api-key.service.ts';
import { KeyExchangeService } from '../src/api-key/key-exchange.service.ts';
import { AuditService } from '../src/audit/audit.service.ts';
import { CardService } from '../src/card/card.service.ts';
import { DepartureService } from '../src/departure/departure.service.ts';
import { Reopening } from '../src/departure/reopening.ts';
import { ExportService } from '../src/export/export.service.ts';
import { OwnRecords } from '../src/export/own-records.ts';
import { ImpersonationService } from '../src/impersonation/impersonation.service.ts';
import { Keyring } from '../src/keyring/keyring.ts';
import { NewPasswords } from '../src/person/new-passwords.ts';
import { PasswordChangeService } from '../src/password-change/password-change.service.ts';
import { PasswordHasher } from '../src/person/password-hasher.ts';
import { PersonService } from '../src/person/person.service.ts';
import { ProfileService } from '../src/profile/profile.service.ts';
import { OutsideLinkService } from '../src/outside-link/outside-link.service.ts';
import { OutsideFlowService } from '../src/outside-flow/outside-flow.service.ts';
import { OutsideProofs } from '../src/outside-flow/outside-proofs.ts';
import { OutsideProviders } from '../src/outside/outside-providers.ts';
import { OutsideService } from '../src/outside/outside.service.ts';
import { AccessTokens } from '../src/session/access-tokens.ts';
import { RefreshTokens } from '../src/session/refresh-token.ts';
import { SessionOpening } from '../src/session/session-opening.ts';
import { SessionService } from '../src/session/session.service.ts';
import { IdentitySettings } from '../src/settings.ts';
import { SetupService } from '../src/setup/setup.service.ts';
import { SigningKeyService } from '../src/signing-key/signing-key.service.ts';
import { SigningKeys } from '../src/signing-key/signing-keys.ts';
import { entities, migrations } from '../src/tables.ts';
import { SignInService } from '../src/sign-in/sign-in.service.ts';
import { UsualWayIn } from '../src/sign-in/usual-way-in.ts';
import { FamiliarPlaces } from '../src/throttle/familiar-places.ts';
import { SignInThrottle } from '../src/throttle/sign-in-throttle.ts';
import { EmailChangeService } from '../src/email-change/email-change.service.ts';
import { FirstProof } from '../src/forgotten-password/first-proof.ts';
import { ForgottenPasswordService } from '../src/forgotten-password/forgotten-password.service.ts';
import { MailService } from '../src/mail/mail.service.ts';
import { OneTimeTokens } from '../src/verification/one-time-token.ts';
import { VerificationService } from '../src/verification/verification.service.ts';
import { OwnerProofs } from '../src/owner-proof/owner-proofs.ts';
import { KnownPassword } from '../src/person/known-password.ts';
import { Challenges } from '../src/second-factor/challenges.ts';
import { Proofs } from '../src/second-factor/proofs.ts';
import { RecoveryCodes } from '../src/second-factor/recovery-codes.ts';
import { SecondFactorResetService } from '../src/second-factor-reset/second-factor-reset.service.ts';
import { SecondFactorService } from '../src/second-factor/second-factor.service.ts';
import { SecondStepService } from '../src/second-factor/second-step.service.ts';
import { TotpSecrets } from '../src/second-factor/totp-secrets.ts';
import { Ceremonies } from '../src/passkey/ceremonies.ts';
import { PasskeyChallenges } from '../src/passkey/passkey-challenges.ts';
import { PasskeySignInService } from '../src/passkey/passkey-sign-in.service.ts';
import { PasskeyService } from '../src/passkey/passkey.service.ts';
import { openDatabase } from '@mela/testkit';
import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';

export const settings = IdentitySettings.parse({ IDENTITY_KEY_SECRET: 'a secret of these specs, long enough to pass' });

export const openIdentityDatabase = () => openDatabase('identity', migrations, entities);

/** Caches in this Redis; in one that is away for good, unless it was connected. */
export function cachesIn(redis = away()): { caches: Caches; metrics: Registry; close(): void } {
  const metrics = new Registry();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return { caches: new Caches({ redis, service: 'identity', log, metrics }), metrics, close: () => redis.disconnect() };
}

function away() {
  const redis = openRedis('redis://127.0.0.1:1', 'identity');
  redis.disconnect();
  return redis;
}

/** One replica's parts on a database that others may share. */
export async function identityOn(db: Db, changes: Partial<IdentitySettings> = {}, { caches } = cachesIn()) {
  const own = { ...settings, ...changes };
  const keyring = new Keyring(own.IDENTITY_KEY_SECRET);
  const keys = await SigningKeys.open(db, keyring, own);
  const hasher = new PasswordHasher(own);
  const passwords = new NewPasswords(hasher);
  const audit = new AuditService(db, keyring, own);
  const challenges = new Challenges(keyring.keyFor('sign-in-challenge'));
  const accessTokens = new AccessTokens(keys, own);
  const cards = new CardService(db, caches);
  const refreshTokens = new RefreshTokens(keyring.keyFor('refresh-token'));
  const places = new FamiliarPlaces(db, keyring, own);
  const opening = new SessionOpening(refreshTokens, accessTokens, places, new Reopening(cards, audit), audit, own);
  const setups = new SetupService(db);
  const tokens = new OneTimeTokens(keyring.keyFor('one-time-token'));
  const verifications = new VerificationService(db, tokens);
  const throttle = new SignInThrottle(db, places);
  const known = new KnownPassword(db, hasher, throttle, audit);
  const secrets = new TotpSecrets(keyring);
  const codes = new RecoveryCodes(keyring.keyFor('recovery-code'));
  const ceremonies = new Ceremonies(new PasskeyChallenges(keyring.keyFor('passkey-challenge')), own);
  const proofs = new Proofs(secrets, codes, audit);
  const outsideProviders = new OutsideProviders(own.IDENTITY_OIDC);
  const outside = new OutsideService(db, outsideProviders, challenges, opening, audit);
  const flows = new OutsideFlowService(db, outsideProviders, outside);
  const outsideProofs = new OutsideProofs(outsideProviders, flows);
  const owners = new OwnerProofs(db, known, outsideProofs, proofs, audit);
  const apiKeys = new ApiKeyService(db, owners, audit, own);
  const departures = new DepartureService(db, owners, apiKeys, cards, audit, own);
  return {
    keys, rotation: new SigningKeyService(db, keys, own), hasher, audit, opening, throttle,
    signIns: new SignInService(db, hasher, throttle, challenges, new UsualWayIn(db, refreshTokens, accessTokens, audit, own), opening, audit),
    sessions: new SessionService(db, refreshTokens, accessTokens, audit, own),
    passwordChanges: new PasswordChangeService(db, owners, passwords, hasher, audit),
    people: new PersonService(db, passwords, opening, audit, verifications),
    accounts: new AccountService(db, apiKeys, audit),
    impersonations: new ImpersonationService(db, accessTokens, audit, own),
    profiles: new ProfileService(db, cards, setups),
    setups,
    cards,
    verifications,
    mails: new MailService(db, tokens),
    passwords: new ForgottenPasswordService(db, passwords, verifications, new FirstProof(verifications, apiKeys), throttle, audit),
    changes: new EmailChangeService(db, owners, verifications, audit),
    secondFactors: new SecondFactorService(db, known, proofs, secrets, codes, audit),
    secondFactorResets: new SecondFactorResetService(db, audit),
    secondSteps: new SecondStepService(db, challenges, proofs, opening),
    passkeys: new PasskeyService(db, owners, ceremonies, outsideProviders, audit),
    passkeySignIns: new PasskeySignInService(db, ceremonies, opening, audit),
    apiKeys,
    keyExchange: new KeyExchangeService(db, accessTokens, audit, { warn() {} }),
    departures,
    exports: new ExportService(db, audit),
    records: new OwnRecords(db, departures),
    outside,
    flows,
    links: new OutsideLinkService(db, outsideProviders, owners, outsideProofs, audit),
  };
}

/** So many right passwords are looked at before anything comes of the first: for what happens in between. */
export function heldWhenLookedAt(hasher: PasswordHasher, many: number): { readonly looked: Promise<void>; letGo(): void } {
  const [looked, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const matches = hasher.matches.bind(hasher);
  let right = 0;
  hasher.matches = async (...asked) => {
    const isRight = await matches(...asked);
    if (isRight === true && ++right === many) looked.resolve();
    await letGo.promise;
    return isRight;
  };
  return { looked: looked.promise, letGo: letGo.resolve };
}

/** People as they are stored, without the time that hashing their passwords takes. */
export const somebodyIn = (db: Db, name = 'Asha') => async (): Promise<string> => {
  const id = uuidv7();
  await db.query(`INSERT INTO person (id, email, name, password_hash) VALUES ($1, $2, $3, '$argon2id$')`, [id, `${id}@example.org`, name]);
  return id;
};

/** What a use case answered, where it did not refuse. */
export const answer = <A extends object>(outcome: A | Refusal): A => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
