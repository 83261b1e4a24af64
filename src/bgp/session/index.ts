export { gracefulRestart } from "./collision.ts";
export { describeDown, notificationOf } from "./down-reason.ts";
export { buildOpen, type RestartState } from "./open-builder.ts";
export { Session } from "./session.ts";
export type * from "./session-io.ts";
export type { LastError, MessageCounts, Statistics } from "./statistics.ts";
