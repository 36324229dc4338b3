interface Known {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/** Every route there is, so that a wrong method on a right path can be told from a wrong path. */
export class RouteTable {
  private readonly known = new Map<string, Known>();

  add(path: string, methods: string | readonly string[]): void {
    const route = this.known.get(path) ?? { pattern: patternOf(path), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method);
    this.known.set(path, route);
  }

  /** What may be asked of this URL. */
  methodsOf(url: string): string[] {
    const [path = ''] = url.split('?', 1);
    return [...this.known.values()].filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]).sort();
  }
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&'))).join('/')}$`);
