import * as communities from './communities.ts';
import * as identity from './identity.ts';
import { catalogue } from './language/catalogue.ts';
import * as words from './language/models.ts';
import * as notifications from './notifications.ts';
import * as realtime from './realtime.ts';
import { topic } from './topics.ts';

/** All of Mela's contracts. A new domain is one import and one entry. */
export const mela = catalogue([identity, communities, notifications, realtime], topic, words);
