import { z } from 'zod';
import { ProcessSettings } from './process-settings.ts';

/** The password of a user of the message bus, who is called as the target is. */
export const natsPasswordSetting = (user: string): string => `${user.toUpperCase()}_NATS_PASSWORD`;

const namesUser = (url: string): boolean => url.split(',').some((one) => URL.canParse(one.trim()) && new URL(one.trim()).username !== '');

/** How one target comes into the message bus. It knows nobody else's password, unless somebody put one into the URL of all. */
export function busSettings(user: string) {
  const setting = natsPasswordSetting(user);
  return z
    .object({
      NATS_URL: ProcessSettings.shape.NATS_URL,
      [setting]: z.string().min(16, 'is shorter than 16 characters').optional().describe(`Password of the user ${user} at the message bus; not needed where NATS_URL names a user`),
      MELA_ENV: ProcessSettings.shape.MELA_ENV,
    })
    .superRefine((settings, context) => {
      if (settings.MELA_ENV === 'production' && settings[setting] === undefined && !namesUser(String(settings.NATS_URL)))
        context.addIssue({ code: 'custom', path: [setting], message: 'is needed in production, unless NATS_URL names a user' });
    });
}

/** The settings of those who join a bus: the address for all, and a password for each. */
export function busEnvironment(url: string, passwords: Readonly<Record<string, string>>): Record<string, string> {
  const users = Object.entries(passwords);
  if (users.length === 0) return { NATS_URL: url };
  return { NATS_URL: url.replace(/\/\/[^@/]*@/g, '//'), ...Object.fromEntries(users.map(([user, password]) => [natsPasswordSetting(user), password])) };
}

/** The bus as this user reaches it: an address that names nobody is given the user's own credentials. */
export function busUrlOf(user: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const { NATS_URL: url, [natsPasswordSetting(user)]: password } = environment;
  return url === undefined || password === undefined || namesUser(url) ? url : url.replaceAll('://', `://${user}:${encodeURIComponent(password)}@`);
}
