import { Argument, type Command } from 'commander';
import { begin, command, type Common } from '../command.ts';
import type { Terminal } from '../terminal.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export const completionsCommand = (terminal: Terminal): Command =>
  command('completions', 'Print what makes a shell complete mela’s commands and options')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText('after', '\nFor bash: source <(mela completions bash)')
    .action((shell: Shell, options: Common, self: Command) => {
      const { say } = begin(terminal, options);
      const words = wordsOf(self.parent ?? self);
      say.data(Object.fromEntries(words), () => scripts[shell](words));
    });

/** For each path of commands (`dlq list`), the words that may follow it. */
export function wordsOf(root: Command): Map<string, string[]> {
  const words = new Map<string, string[]>();
  const visit = (one: Command, path: readonly string[]) => {
    words.set(path.join(' '), [...one.commands.map((child) => child.name()), ...one.options.flatMap(({ long }) => (long ? [long] : []))]);
    for (const child of one.commands) visit(child, [...path, child.name()]);
  };
  visit(root, []);
  return words;
}

const cases = (words: ReadonlyMap<string, readonly string[]>): string =>
  [...words].map(([path, next]) => `    '${path}') words='${next.join(' ')}' ;;`).join('\n');

/** What stands between the command and the cursor, options left out, is the path. */
const bash = (words: ReadonlyMap<string, readonly string[]>): string => `_mela() {
  local path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $word == -* ]] || path="\${path:+$path }$word"; done
  while :; do
    case "$path" in
${cases(words)}
    esac
    [[ -n $words || -z $path ]] && break
    [[ $path == *' '* ]] && path="\${path% *}" || path=''
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _mela mela`;

const scripts: Record<Shell, (words: ReadonlyMap<string, readonly string[]>) => string> = {
  bash,
  zsh: (words) => `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`,
  fish: (words) =>
    [...words]
      .map(([path, next]) => {
        const steps = path === '' ? [] : path.split(' ');
        const seen = steps.length === 0 ? '__fish_use_subcommand' : steps.map((step) => `__fish_seen_subcommand_from ${step}`).join('; and ');
        return `complete -c mela -f -n '${seen}' -a '${next.join(' ')}'`;
      })
      .join('\n'),
};
