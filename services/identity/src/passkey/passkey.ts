import { TooManyPasskeys, type Passkey, type Refusal } from '@mela/contracts';

const AT_MOST = 20;

export interface PasskeyState {
  readonly id: string;
  readonly personId: string;
  /** By which the device knows it. */
  readonly credentialId: string;
  readonly publicKey: Buffer;
  /** How often it was used, as far as the device counts; 0 where it does not. */
  readonly counter: number;
  readonly name: string;
  readonly isBackedUp: boolean;
  readonly transports: readonly string[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export const asPasskey = ({ id, name, isBackedUp, createdAt, lastUsedAt }: PasskeyState): Passkey => ({
  id, name, isBackedUp, createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt && lastUsedAt.toISOString(),
});

/** A device that counts never counts back: where it seems to, two of them have the key. */
export const isCopied = ({ counter }: Pick<PasskeyState, 'counter'>, shown: number): boolean => (counter > 0 || shown > 0) && shown <= counter;

export const mayAdd = (known: readonly unknown[]): Refusal | undefined => (known.length >= AT_MOST ? TooManyPasskeys() : undefined);
