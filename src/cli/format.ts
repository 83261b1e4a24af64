import { UsageError } from "./command.ts";

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** A duration for people, in its two largest units: "3d 4h", "2m 5s", "0.4s". */
export function formatDuration(seconds: number): string {
  if (seconds < 0.05) return "0s";
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))}s`;
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** "30s", "5m", "1h30m", "1.5" (seconds). Throws {@link UsageError} on anything else. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const parts = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text);
  if (text === "" || parts === null) throw new UsageError(`"${text}" is not a duration: 30s, 5m, 1h30m`);
  return UNITS.reduce((total, [, size], i) => total + Number(parts[i + 1] ?? 0) * size, 0);
}

/** A whole number in a range. Throws {@link UsageError} with the option's name. */
export function parseNumber(option: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= max)) throw new UsageError(`--${option} ${text}: a number, 0 to ${max}`);
  return number;
}

/** "1 VIP", "2 VIPs"; "2 prefixes". */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** Text from elsewhere must not steer the terminal: control characters become "?". */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
export const clean = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");

/** The time of day of an event, in the operator's zone, with milliseconds; the date too when it is not today's. */
export function formatTime(unixSeconds: number, nowMs: number): string {
  const at = new Date(unixSeconds * 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return `${isToday ? "" : `${date} `}${time}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** Text as lines of at most `width` columns, cut at blanks. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
