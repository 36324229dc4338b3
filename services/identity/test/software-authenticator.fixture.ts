import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

type Cbor = number | string | Buffer | Map<Cbor, Cbor>;

/** As much of CBOR as authenticators write. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)])]);
}

function head(kind: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(kind << 5) | n]);
  if (n < 256) return Buffer.from([(kind << 5) | 24, n]);
  return Buffer.from([(kind << 5) | 25, n >> 8, n & 255]);
}

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();
const USER_PRESENT = 1;
const USER_VERIFIED = 4;
const CAN_BE_BACKED_UP = 8;
const IS_BACKED_UP = 16;
const HAS_CREDENTIAL = 64;

interface Kept {
  readonly id: Buffer;
  readonly rpId: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
  counter: number;
}

/** What a page, a browser or a device may do otherwise than it should. */
export interface Quirks {
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly rpId?: string;
  readonly userVerified?: boolean;
  readonly userPresent?: boolean;
  readonly challenge?: string;
  readonly type?: string;
  readonly userHandle?: string | null;
  readonly counter?: number;
  readonly format?: string;
  readonly statement?: Map<Cbor, Cbor>;
  /** Signed by the new key itself, as some devices do though nobody asked. */
  readonly selfAttested?: boolean;
}

type Options = Readonly<Record<string, any>>;

/** A device with ES256 keys and 'none' attestation, and the browser around it: WebAuthn level 3 in as few lines as it takes. */
export class SoftwareAuthenticator {
  private readonly keys: Kept[] = [];
  private readonly counts: boolean;
  private readonly isSynced: boolean;

  constructor({ counts = true, isSynced = false }: { counts?: boolean; isSynced?: boolean } = {}) {
    this.counts = counts;
    this.isSynced = isSynced;
  }

  create(options: Options, quirks: Quirks = {}) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = publicKey.export({ format: 'jwk' });
    const cose = new Map<Cbor, Cbor>([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x!, 'base64url')], [-3, Buffer.from(y!, 'base64url')]]);
    const key: Kept = { id: randomBytes(32), rpId: options['rp'].id, userHandle: options['user'].id, privateKey, counter: 0 };
    this.keys.push(key);
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, key.id.length]), key.id, cbor(cose)]);
    const data = this.dataOf(key, HAS_CREDENTIAL, attested, quirks);
    const client = clientData('webauthn.create', options, quirks);
    const own = new Map<Cbor, Cbor>(quirks.selfAttested ? [['alg', -7], ['sig', sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)]] : []);
    const format = quirks.format ?? (quirks.selfAttested ? 'packed' : 'none');
    const attestation = cbor(new Map<Cbor, Cbor>([['fmt', format], ['attStmt', quirks.statement ?? own], ['authData', data]]));
    return { ...named(key), response: { clientDataJSON: client.toString('base64url'), attestationObject: attestation.toString('base64url'), transports: ['internal'] } };
  }

  /** With the key that was made last. */
  get(options: Options, quirks: Quirks = {}) {
    const key = this.keys.findLast(({ rpId }) => rpId === options['rpId'])!;
    if (this.counts) key.counter++;
    const data = this.dataOf(key, 0, Buffer.alloc(0), quirks);
    const client = clientData('webauthn.get', options, quirks);
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), key.privateKey);
    return {
      ...named(key),
      response: {
        clientDataJSON: client.toString('base64url'), authenticatorData: data.toString('base64url'), signature: signature.toString('base64url'),
        userHandle: quirks.userHandle === undefined ? key.userHandle : quirks.userHandle,
      },
    };
  }

  private dataOf({ rpId, counter }: Kept, more: number, attested: Buffer, quirks: Quirks): Buffer {
    const flags = (quirks.userPresent === false ? 0 : USER_PRESENT) | (quirks.userVerified === false ? 0 : USER_VERIFIED) | (this.isSynced ? CAN_BE_BACKED_UP | IS_BACKED_UP : 0) | more;
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(quirks.counter ?? counter);
    return Buffer.concat([sha256(quirks.rpId ?? rpId), Buffer.from([flags]), counted, attested]);
  }
}

const named = ({ id }: Kept) => ({ id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' as const });

const clientData = (type: string, options: Options, quirks: Quirks): Buffer =>
  Buffer.from(JSON.stringify({
    type: quirks.type ?? type, challenge: quirks.challenge ?? options['challenge'], origin: quirks.origin ?? 'http://localhost:8080', crossOrigin: quirks.crossOrigin ?? false,
  }));
