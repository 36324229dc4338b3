import { isRefusal, type Ask, type Operation, type Out, type Outcome, type Refusal } from '@mela/contracts';
import { Fault } from './fault.ts';
import { livingState } from './state.ts';
import type { DataFolder } from './project.ts';

interface Asking {
  token?: string | undefined;
  idempotencyKey?: string;
}

/** The API as any client sees it: operations over HTTP, by their contracts. */
export class Api {
  constructor(readonly base: string) {}

  async ask<Op extends Operation>(operation: Op, input: Ask<Op>, { token, idempotencyKey }: Asking = {}): Promise<Outcome<Op>> {
    const { http } = operation;
    if (!http) throw new Error(`${operation.id} has no route`);
    const fields = Object.entries(input as Record<string, unknown>).filter(([, value]) => value !== undefined);
    const path = http.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(new Map(fields).get(name))));
    const rest = fields.filter(([name]) => !http.params.includes(name));
    const query = http.hasBody || rest.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(rest.map(([name, value]) => [name, String(value)]))).toString()}`;
    const response = await fetch(new URL(path + query, this.base), {
      method: http.method,
      headers: {
        ...(http.hasBody ? { 'content-type': 'application/json' } : {}),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(http.hasBody ? { body: JSON.stringify(Object.fromEntries(rest)) } : {}),
      signal: AbortSignal.timeout(15_000),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    return response.ok ? (answer as Out<Op>) : refusalOf(response.status, answer);
  }

  /** For answers that are needed: a refusal ends the command. */
  async must<Op extends Operation>(operation: Op, input: Ask<Op>, asking: Asking = {}): Promise<Out<Op>> {
    const outcome = await this.ask(operation, input, asking);
    if (isRefusal(outcome)) throw refused(outcome);
    return outcome as Out<Op>;
  }
}

/** Where the API is: as told, else as the running instance's state file says. */
export async function findApi(folder: DataFolder, given: string | undefined): Promise<Api> {
  return new Api(await findAddress(folder, 'api', given));
}

export async function findAddress(folder: DataFolder, name: 'api' | 'realtime', given: string | undefined): Promise<string> {
  if (given !== undefined && !URL.canParse(given)) throw new Fault('usage', `--${name} ${given} is not an address`, { exit: 2 });
  const address = given ?? (await livingState(folder))?.addresses[name];
  if (address !== undefined) return address;
  throw new Fault('not_running', `Nothing runs on ${folder.path}.`, { hint: `Start it with \`npx mela up${folder.flag}\`, or say where it is with --${name} <address>.` });
}

export const refused = ({ code, title, detail, hint }: Refusal): Fault =>
  new Fault(code, detail === undefined ? title : `${title}: ${detail}`, { hint });

function refusalOf(status: number, problem: Record<string, unknown>): Refusal {
  const text = (name: string) => (typeof problem[name] === 'string' ? { [name]: problem[name] } : {});
  return { refused: true, status, code: String(problem['code'] ?? `http.${status}`), title: String(problem['title'] ?? `The API answered ${status}`), ...text('detail'), ...text('hint') };
}
