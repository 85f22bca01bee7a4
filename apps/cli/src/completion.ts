import type { Command, Option } from "commander";

/** Writes a shell's completion script for a command line. */
export type CompletionScript = (root: Command) => string;

interface Described {
  readonly name: string;
  readonly text: string;
  readonly options: readonly Option[];
}

const described = (root: Command): Described[] =>
  root.commands.flatMap((command) =>
    [command.name(), ...command.aliases()].map((name) => ({
      name,
      text: command.description(),
      options: [...command.options, HELP],
    })),
  );

const HELP = { long: "--help", short: "-h", description: "display help for command" } as Option;

/** `-n`, `--max-tokens`: commander keeps two long names as a short and a long one. */
const namesOf = ({ short, long }: Option) => [short, long].filter((name) => name != null);
const takesValue = ({ required, optional }: Option) => Boolean(required || optional);

/** Choices of an option's value; undefined where any file may follow. */
const choicesOf = ({ argChoices }: Option) => argChoices;

function bash(root: Command): string {
  const commands = described(root);
  const cases = commands.map(({ name, options }) => {
    const values = options
      .filter((option) => choicesOf(option) !== undefined)
      .map(
        (option) =>
          `      ${namesOf(option).join("|")}) COMPREPLY=($(compgen -W "${choicesOf(option)!.join(" ")}" -- "$word")); return ;;`,
      );
    const free = options.filter((option) => takesValue(option) && choicesOf(option) === undefined);
    return `    ${name})
      case "$before" in
${[...values, ...(free.length === 0 ? [] : [`      ${free.flatMap(namesOf).join("|")}) return ;;`])].map((line) => `  ${line}`).join("\n")}
      esac
      words="${options.flatMap(namesOf).join(" ")}" ;;`;
  });
  return `# Completion of realizar for bash
_realizar() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _realizar realizar
`;
}

/** Within single quotes of zsh's _arguments specification. */
const zshText = (text: string) =>
  text.replaceAll("'", "'\\''").replaceAll("[", "\\[").replaceAll("]", "\\]").replaceAll(":", "\\:");

function zsh(root: Command): string {
  const commands = described(root);
  const cases = commands.map(({ name, options }) => {
    const specs = options.flatMap((option) => {
      const choices = choicesOf(option);
      const value = !takesValue(option)
        ? ""
        : choices === undefined
          ? ":value:_files"
          : `:value:(${choices.join(" ")})`;
      return namesOf(option).map((flag) => `'${flag}[${zshText(option.description)}]${value}'`);
    });
    return `    ${name}) _arguments ${specs.join(" ")} '*:file:_files' ;;`;
  });
  return `#compdef realizar
# Completion of realizar for zsh
_realizar() {
  local -a commands=(
${commands.map(({ name, text }) => `    '${name}:${zshText(text)}'`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = _realizar ]; then _realizar "$@"; else compdef _realizar realizar; fi
`;
}

const fishText = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function fish(root: Command): string {
  const lines = described(root).flatMap(({ name, text, options }) => [
    `complete -c realizar -n __fish_use_subcommand -f -a ${name} -d ${fishText(text)}`,
    ...options.map((option) => {
      const flags = namesOf(option).map((flag) =>
        flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const choices = choicesOf(option);
      const value = !takesValue(option)
        ? ""
        : choices === undefined
          ? " -r"
          : ` -x -a ${fishText(choices.join(" "))}`;
      return `complete -c realizar -n '__fish_seen_subcommand_from ${name}' ${flags.join(" ")}${value} -d ${fishText(option.description)}`;
    }),
  ]);
  return `# Completion of realizar for fish\n${lines.join("\n")}\n`;
}

export const COMPLETIONS = { bash, zsh, fish } as const satisfies Record<string, CompletionScript>;
export type Shell = keyof typeof COMPLETIONS;
export const SHELLS = Object.keys(COMPLETIONS) as Shell[];
