import { Api, Handles, Hears } from '@mela/bus';
import { anyone, catalogue, event, Id, id, KEEPS_PERSONAL_DATA, query, service, topicKind, type EventOf } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Tx } from '../database/transaction.ts';
import { runTargets } from '../process/run.ts';
import { faultsOf } from './check-manifest.ts';
import { defineService } from './define-service.ts';
import type { Manifest } from './manifest.ts';

const answer = query({ summary: 'Answers', access: anyone, input: z.object({}), output: z.object({}) });
const shop = service('shop', { open: answer, close: answer });
const other = service('other', { ask: answer });
const Opened = event('shop.opened', { summary: 'Opened', aggregate: 'shop', data: z.object({ shopId: Id }), example: { shopId: id(1) } });
const Undeclared = event('ghost.seen', { summary: 'Nobody declares it', aggregate: 'ghost', data: z.object({ ghostId: Id }), example: { ghostId: id(1) } });
const contracts = catalogue([{ shop, Opened }, { other }], { shop: topicKind('shop', { grantedBy: 'shop.open' }) });

@Api()
class DoorApi {
  @Handles(shop.open)
  async open() {
    return {};
  }
  @Handles(shop.close)
  async close() {
    return {};
  }
}

@Api()
class HalfApi {
  @Handles(shop.open)
  async open() {
    return {};
  }
}

@Api()
class ForeignApi {
  @Handles(other.ask)
  async ask() {
    return {};
  }
}

@Hears(Opened, { as: 'shop.opened' })
class OnOpened {
  async handle(_event: EventOf<typeof Opened>, _tx: Tx) {}
}

@Hears(Opened, { as: 'shop.opened' })
class OnOpenedToo {
  async handle(_event: EventOf<typeof Opened>, _tx: Tx) {}
}

@Hears(Undeclared, { as: 'shop.ghosts' })
class OnGhost {
  async handle(_event: EventOf<typeof Undeclared>, _tx: Tx) {}
}

class KeptOfPeople {
  async erase(): Promise<void> {}
  async *collect(): AsyncGenerator<never> {}
}

const faults = (change: Partial<Manifest>) => faultsOf({ hosts: shop, entities: [], migrations: [], apis: [DoorApi], providers: [], ...change }, contracts);

describe('a manifest', () => {
  it('that fits the contracts has no faults', () => {
    expect(faults({ reactions: [OnOpened] })).toEqual([]);
  });

  it.each<[string, Partial<Manifest>, string]>([
    ['with a contract that nobody handles', { apis: [HalfApi] }, 'nobody handles shop.close'],
    ['with an operation handled twice', { apis: [DoorApi, HalfApi] }, 'shop.open is handled twice, by DoorApi.open and HalfApi.open'],
    ['with a handler of another service’s operation', { apis: [DoorApi, ForeignApi] }, 'ForeignApi.ask handles other.ask, which belongs to other'],
    ['with an api that handles nothing', { apis: [DoorApi, OnOpened] }, 'OnOpened is listed as an api and handles nothing'],
    ['with personal data that its contract does not speak of', { personalData: KeptOfPeople, providers: [KeptOfPeople] }, 'KeptOfPeople knows its personal data, and its contract does not say that it keeps any'],
    ['without the class that its contract promises', { hosts: { ...shop, [KEEPS_PERSONAL_DATA]: true } }, 'its contract says that it keeps personal data, and the manifest does not say which class knows it'],
    ['with a class of personal data that is no provider', { hosts: { ...shop, [KEEPS_PERSONAL_DATA]: true }, personalData: KeptOfPeople }, 'KeptOfPeople knows its personal data, and is no provider'],
    ['with a doubled consumer name', { reactions: [OnOpened, OnOpenedToo] }, 'the consumer name shop.opened is taken twice, by OnOpened and OnOpenedToo'],
    ['that hears what nobody declares', { reactions: [OnGhost] }, 'shop.ghosts hears ghost.seen, which nobody declares'],
    ['with a reaction that hears nothing', { reactions: [DoorApi] }, 'DoorApi is listed as a reaction and hears nothing'],
  ])('%s is told so', (_what, change, fault) => {
    expect(faults(change)).toEqual([`shop: ${fault}`]);
  });

  it('that does not fit stops the boot, before anything is connected', async () => {
    const halfAShop = defineService({ hosts: shop, entities: [], migrations: [], apis: [HalfApi], providers: [], reactions: [OnGhost] }, contracts);
    const environment = { NATS_URL: 'nats://127.0.0.1:1', SHOP_DATABASE_URL: 'postgres://127.0.0.1:1/nowhere', LOG_LEVEL: 'silent' };
    await expect(runTargets([halfAShop], environment)).rejects.toThrow(/nobody handles shop\.close\n.*shop\.ghosts hears ghost\.seen/);
  });
});
