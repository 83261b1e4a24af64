import { getSystemErrorMap } from "node:util";

/**
 * What was being done when Linux said no: "listen" and "connect" (sockets), "socket-option" (an option other than the
 * password), "password" (a TCP MD5 key that cannot be set: the session must be refused), "file", "system" (the rest).
 */
export type PlatformErrorCode = "listen" | "connect" | "socket-option" | "password" | "file" | "system";

/** Something Linux refused. The message names the thing and says what to do where that is known. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  readonly code: PlatformErrorCode;
  /** The kernel's name for it ("EADDRINUSE"), when the kernel said it. */
  readonly errno: string | undefined;

  constructor(code: PlatformErrorCode, message: string, errno?: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.errno = errno;
  }
}

/** A system call that failed. Stays inside platform/: its edge turns it into a {@link PlatformError} with a subject. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  /** "EPERM". */
  readonly errno: string;
  /** "operation not permitted". */
  readonly explanation: string;

  constructor(call: string, number: number) {
    const [errno, explanation] = getSystemErrorMap().get(-number) ?? [`errno ${number}`, "unknown error"];
    super(`${call}: ${explanation} (${errno})`);
    this.errno = errno;
    this.explanation = explanation;
  }
}

/** The kernel's name of an error that Node or {@link SystemCallError} reports, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof SystemCallError || error instanceof PlatformError) return error.errno;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
