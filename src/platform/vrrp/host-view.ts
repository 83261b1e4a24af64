import type { Address } from "../../lib/address.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { errnoOf, messageOf, PlatformError } from "../errors.ts";
import type { ComponentLogger } from "../log.ts";
import { HostNetwork } from "../netlink/host-network.ts";
import type { HostEvents, HostView } from "./host-io.ts";

/**
 * The host's addresses and interfaces, for a daemon that has no virtual routers but wants to know whether an address is
 * there. With virtual routers ask their VrrpHost: it knows what it has just put on. The error: the kernel denies netlink.
 */
export function openHostView(events: HostEvents, log: ComponentLogger): Result<HostView, PlatformError> {
  try {
    const network = new HostNetwork(
      {
        link: (name, up) => events.link(name, up),
        address: (address, present) => events.hostAddress(address, present),
        changed: () => {},
      },
      log,
    );
    return ok({
      hasAddress: (address: Address) => network.has(address),
      isLinkUp: (name: string) => network.link(name)?.isUp,
      close: () => network.close(),
    });
  } catch (error) {
    const text = `cannot watch the host's addresses: ${messageOf(error)}`;
    return fail(new PlatformError("system", text, errnoOf(error), error));
  }
}
