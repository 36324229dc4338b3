import { TokenVerifier } from '@mela/chassis';
import { isRefusal, SecondFactorNeeded, type Refusal, type Session } from '@mela/contracts';
import { AuthenticatorApp } from './authenticator-app.fixture.ts';
import { answer, type identityOn } from './identity.fixture.ts';

type Identity = Awaited<ReturnType<typeof identityOn>>;

export const password = 'a long password';

export const codesOf = (outcomes: readonly unknown[]): Record<string, number> => {
  const counted: Record<string, number> = {};
  for (const outcome of outcomes) {
    const code = isRefusal(outcome) ? outcome.code : 'answered';
    counted[code] = (counted[code] ?? 0) + 1;
  }
  return counted;
};

let people = 0;

/** Somebody with an account, and perhaps with an app that knows its secret. */
export class Protected {
  app!: AuthenticatorApp;
  recoveryCodes: string[] = [];
  private used = 0;

  private constructor(
    private readonly identity: Identity,
    readonly session: Session,
    readonly caller: { personId: string; sessionId: string; role: 'member' },
  ) {}

  static async withPassword(identity: Identity): Promise<Protected> {
    const session = answer(await identity.people.register({ email: `protected-${++people}@example.org`, password, name: 'Asha' }));
    const verified = answer(await new TokenVerifier(async () => ({ keys: [...(await identity.keys.published())] }) as never).verify(session.accessToken));
    return new Protected(identity, session, verified.caller as Protected['caller']);
  }

  static async withCodes(identity: Identity): Promise<Protected> {
    const person = await Protected.withPassword(identity);
    await person.begins();
    person.recoveryCodes = answer(await identity.secondFactors.confirm(person.caller, { code: person.nextCode() })).recoveryCodes;
    return person;
  }

  async begins(): Promise<void> {
    this.app = new AuthenticatorApp(answer(await this.identity.secondFactors.begin(this.caller, { password })).secret);
    this.used = 0;
  }

  /** Of now or of the step after, however slow the test is: two follow each other before one has to wait. */
  nextCode(): string {
    this.used = Math.max(this.used + 1, AuthenticatorApp.now());
    return this.app.codeOf(this.used);
  }

  signsIn(used = password): Promise<Session | Refusal> {
    return this.identity.signIns.signIn({ email: this.session.person.email, password: used, device: 'Asha’s phone' });
  }

  async challenge(): Promise<string> {
    const refused = await this.signsIn();
    if (!isRefusal(refused) || refused.code !== SecondFactorNeeded.code) throw new Error('No code was asked for');
    return refused.facts!['challenge'] as string;
  }
}
