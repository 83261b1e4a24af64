/** The world as a command sees it: what tests replace. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Columns of the terminal that `out` writes to; undefined: it writes to a file or a pipe. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Resolves when whoever reads `out` can take more. */
  drained(): Promise<void>;
  /** Calls back when the operator wants to end it (SIGINT, SIGTERM); what it returns takes that back. */
  interrupted(callback: () => void): () => void;
  /** Single keys as they are pressed, without an echo; undefined: there is no keyboard. */
  readonly keys: ((pressed: (key: string) => void) => () => void) | undefined;
}

/** The real one. A reader that closes the pipe (`| head`) ends the command in silence. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    env,
    // Both change with the window.
    get columns() {
      return stdout.isTTY ? stdout.columns : undefined;
    },
    get rows() {
      return stdout.isTTY ? stdout.rows : undefined;
    },
    drained: () =>
      stdout.writableNeedDrain ? new Promise((resolve) => stdout.once("drain", () => resolve())) : Promise.resolve(),
    interrupted: (callback) => {
      process.on("SIGINT", callback).on("SIGTERM", callback);
      return () => void process.off("SIGINT", callback).off("SIGTERM", callback);
    },
    keys: stdin.isTTY ? keysOf(stdin) : undefined,
  };
}

function keysOf(stdin: NodeJS.ReadStream): NonNullable<Io["keys"]> {
  return (pressed) => {
    const hear = (data: Uint8Array) => pressed(new TextDecoder().decode(data));
    stdin.setRawMode(true).on("data", hear).resume();
    return () => void stdin.setRawMode(false).off("data", hear).pause();
  };
}
