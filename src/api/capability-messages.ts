import { type AddPathFamily, type Capability, encodeCapabilities } from "../bgp/index.ts";
import { PbWriter } from "./pb.ts";

// Capabilities as GoBGP's messages (capability.proto). Those that it has no message for go as UnknownCapability.

interface AnyMessage {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export function capabilityMessages(capabilities: readonly Capability[]): AnyMessage[] {
  return capabilities.map(capabilityMessage);
}

function capabilityMessage(capability: Capability): AnyMessage {
  const out = new PbWriter(64);
  const any = (name: string, write: () => void = () => {}): AnyMessage => {
    write();
    return { type_url: `type.googleapis.com/apipb.${name}`, value: out.toBytes() };
  };
  switch (capability.type) {
    case "multiprotocol":
      return any("MultiProtocolCapability", () => family(out, 1, capability));
    case "route-refresh":
      return any("RouteRefreshCapability");
    case "enhanced-route-refresh":
      return any("EnhancedRouteRefreshCapability");
    case "four-octet-as":
      return any("FourOctetASNCapability", () => uint(out, 1, capability.as));
    case "extended-next-hop":
      return any("ExtendedNexthopCapability", () =>
        tuples(out, 1, capability.families, (tuple) => {
          family(out, 1, tuple);
          family(out, 2, { afi: tuple.nextHopAfi, safi: 1 });
        }),
      );
    case "graceful-restart":
      return any("GracefulRestartCapability", () => {
        uint(out, 1, (capability.restarting ? 0x08 : 0) | (capability.notification ? 0x04 : 0));
        uint(out, 2, capability.timeSeconds);
        tuples(out, 3, capability.families, (tuple) => {
          family(out, 1, tuple);
          uint(out, 2, tuple.forwarding ? 0x80 : 0);
        });
      });
    case "long-lived-graceful-restart":
      return any("LongLivedGracefulRestartCapability", () =>
        tuples(out, 1, capability.families, (tuple) => {
          family(out, 1, tuple);
          uint(out, 2, tuple.forwarding ? 0x80 : 0);
          uint(out, 3, tuple.timeSeconds);
        }),
      );
    case "add-path":
      return any("AddPathCapability", () =>
        tuples(out, 1, capability.families, (tuple) => {
          family(out, 1, tuple);
          uint(out, 2, addPathMode(tuple));
        }),
      );
    case "fqdn":
      return any("FqdnCapability", () => {
        if (capability.hostname !== "") out.string(1, capability.hostname);
        if (capability.domain !== "") out.string(2, capability.domain);
      });
    default:
      return any("UnknownCapability", () => writeUnknown(out, capability));
  }
}

/** RFC 7911 section 4: 1 receive, 2 send. */
const addPathMode = ({ send, receive }: AddPathFamily) => (receive ? 1 : 0) | (send ? 2 : 0);

function uint(out: PbWriter, field: number, value: number): void {
  if (value !== 0) out.uint(field, value);
}

function family(out: PbWriter, field: number, { afi, safi }: { readonly afi: number; readonly safi: number }): void {
  const at = out.begin(field);
  out.uint(1, afi);
  out.uint(2, safi);
  out.end(at);
}

function tuples<T>(out: PbWriter, field: number, list: readonly T[], write: (tuple: T) => void): void {
  for (const tuple of list) {
    const at = out.begin(field);
    write(tuple);
    out.end(at);
  }
}

/** Code and value as on the wire. */
function writeUnknown(out: PbWriter, capability: Capability): void {
  const [code, , ...value] = encodeCapabilities([capability]);
  uint(out, 1, code as number);
  if (value.length > 0) out.octets(2, Uint8Array.from(value));
}
