import { argument, type Command, EXIT, UsageError } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const completion: Command = {
  name: "completion",
  summary: "a script for the shell, so that it completes commands, options, VIPs, neighbours",
  details: [
    "  bash: holdfast completion bash > /etc/bash_completion.d/holdfast",
    "  zsh:  holdfast completion zsh > /usr/local/share/zsh/site-functions/_holdfast",
    "  fish: holdfast completion fish > ~/.config/fish/completions/holdfast.fish",
  ],
  arguments: [{ name: "SHELL", required: true, complete: ["bash", "zsh", "fish"] }],
  options: {},
  run: (context) => {
    const shell = argument(context, 0);
    if (!isShell(shell)) throw new UsageError(`completion: ${shell} is none of bash, zsh, fish`);
    context.io.out(SHELLS[shell](context.groups.flatMap(([, commands]) => commands)));
    return EXIT.ok;
  },
};

const isShell = (text: string): text is keyof typeof SHELLS => Object.hasOwn(SHELLS, text);
