import {
  decodeNotification,
  decodeOpen,
  decodeRouteRefresh,
  ErrorCode,
  type Family,
  type Frame,
  FsmError,
  familyOf,
  MessageType,
  type NotificationError,
  type OpenMessage,
  type RefreshKind,
} from "../wire/index.ts";
import type { Established, OpenConfirm, OpenSent } from "./connection.ts";
import { checkOpen, type Fault } from "./open-check.ts";

/** What a message means to the state machine, by RFC 4271 section 8.1.5. */
export type MessageEvent =
  /** Event 19, BGPOpen: acceptable. */
  | { readonly type: "Open"; readonly phase: OpenSent; readonly open: OpenMessage }
  /** Event 26. */
  | { readonly type: "Keepalive" }
  /** Event 27, or 28 once decoded. */
  | { readonly type: "Update"; readonly phase: OpenConfirm | Established }
  /** RFC 2918, RFC 7313; of a family and kind that were negotiated. */
  | {
      readonly type: "RouteRefresh";
      readonly phase: OpenConfirm | Established;
      readonly family: Family;
      readonly kind: RefreshKind;
    }
  /** Events 24 and 25. */
  | { readonly type: "Notification"; readonly error: NotificationError }
  /** Events 21 (header), 22 (OPEN), or a message that the state does not allow: to be answered by a NOTIFICATION. */
  | { readonly type: "Fault"; readonly fault: Fault }
  /** To be ignored: a refresh that was not negotiated. */
  | { readonly type: "Ignored" };

const KEEPALIVE: MessageEvent = { type: "Keepalive" };
const IGNORED: MessageEvent = { type: "Ignored" };

const NAMES: Readonly<Record<MessageType, string>> = {
  [MessageType.Open]: "OPEN",
  [MessageType.Update]: "UPDATE",
  [MessageType.Notification]: "NOTIFICATION",
  [MessageType.Keepalive]: "KEEPALIVE",
  [MessageType.RouteRefresh]: "ROUTE-REFRESH",
};

const UNEXPECTED = {
  OpenSent: FsmError.UnexpectedMessageInOpenSent,
  OpenConfirm: FsmError.UnexpectedMessageInOpenConfirm,
  Established: FsmError.UnexpectedMessageInEstablished,
} as const;

/** Reads one message as the phase of its connection allows. */
export function readMessage(phase: OpenSent | OpenConfirm | Established, frame: Frame): MessageEvent {
  const { messageType, bytes, start, end } = frame;
  switch (messageType) {
    case MessageType.Open:
      return phase.type === "OpenSent" ? readOpen(phase, frame) : unexpected(phase.type, messageType);
    case MessageType.Notification:
      return { type: "Notification", error: decodeNotification(bytes, start, end) };
    case MessageType.Keepalive:
      return phase.type === "OpenSent" ? unexpected(phase.type, messageType) : KEEPALIVE;
    case MessageType.Update:
      return isOpen(phase) ? { type: "Update", phase } : unexpected(phase.type, messageType);
    case MessageType.RouteRefresh:
      return isOpen(phase) ? readRefresh(phase, frame) : unexpected(phase.type, messageType);
    default:
      return messageType satisfies never;
  }
}

/** Whether the neighbour may speak of routes: after its KEEPALIVE. */
function isOpen(phase: OpenSent | OpenConfirm | Established): phase is OpenConfirm | Established {
  return phase.type === "Established" || (phase.type === "OpenConfirm" && phase.confirmed);
}

/** RFC 6608 section 3: the data is the type of the message. */
function unexpected(phase: keyof typeof UNEXPECTED, messageType: MessageType): MessageEvent {
  const data = Uint8Array.of(messageType);
  const error = { code: ErrorCode.FiniteStateMachine, subcode: UNEXPECTED[phase], data };
  return { type: "Fault", fault: { error, text: `${NAMES[messageType]} in ${phase}` } };
}

function readOpen(phase: OpenSent, { bytes, start, end }: Frame): MessageEvent {
  const decoded = decodeOpen(bytes, start, end);
  if (!decoded.ok) return { type: "Fault", fault: { error: decoded.error, text: "" } };
  const fault = checkOpen(phase.config, phase.sentOpen, decoded.value);
  return fault === undefined ? { type: "Open", phase, open: decoded.value } : { type: "Fault", fault };
}

/** RFC 2918 section 4: of another family, ignored. RFC 7313 section 4: BoRR and EoRR only when negotiated. */
function readRefresh(phase: OpenConfirm | Established, { bytes, start, end }: Frame): MessageEvent {
  const decoded = decodeRouteRefresh(bytes, start, end);
  if (!decoded.ok) return { type: "Fault", fault: { error: decoded.error, text: "" } };
  if (decoded.value === undefined) return IGNORED;
  const { afi, safi, kind } = decoded.value;
  const { negotiated, enhancedRefresh } = phase.agreement;
  const family = familyOf(afi, safi);
  if (family === undefined || !negotiated.families.some((carried) => carried.family === family)) return IGNORED;
  return kind === "request" || enhancedRefresh ? { type: "RouteRefresh", phase, family, kind } : IGNORED;
}
