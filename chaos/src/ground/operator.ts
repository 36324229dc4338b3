import { Asker, connectBus } from '@mela/bus';
import { OPERATOR } from '@mela/cli';
import { isRefusal } from '@mela/contracts';
import type { Actor } from '@mela/testkit/chaos';

/** Asks as the instance's operator, and is answered where services may answer them; each time over a connection of its own, since any may just be broken. */
export const operatorAt = (natsUrl: string): Actor['operates'] => async (operation, input) => {
  try {
    const nc = await connectBus({ url: natsUrl, name: OPERATOR });
    try {
      const outcome = await new Asker({ nc, mayAsk: new Set([operation.id]) }).ask(operation, input);
      return isRefusal(outcome) ? undefined : outcome;
    } finally {
      await nc.close();
    }
  } catch {
    return undefined;
  }
};
