import { createHash, timingSafeEqual } from "node:crypto";
import type * as Grpc from "@grpc/grpc-js";

/** What a call must show before it is heard. */
export type Access =
  /** Only this host can reach the endpoint, or TLS has asked for a certificate already. */
  | { readonly type: "open" }
  /** `authorization: Bearer TOKEN` in the call's metadata. */
  | { readonly type: "token"; readonly token: string };

const SCHEME = "Bearer ";

/** Whether the value of a call's `authorization` opens the endpoint. Takes the same time for every wrong token. */
export function isAllowed(access: Access, authorization: string | undefined): boolean {
  if (access.type === "open") return true;
  if (authorization?.startsWith(SCHEME) !== true) return false;
  return timingSafeEqual(digest(authorization.slice(SCHEME.length)), digest(access.token));
}

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Ends calls that show no token, before anything of them is decoded. */
export function accessInterceptor(grpc: typeof Grpc, access: Access): Grpc.ServerInterceptor {
  return (_method, call) =>
    new grpc.ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            if (isAllowed(access, metadata.get("authorization")[0]?.toString())) pass(metadata);
            else
              call.sendStatus({
                code: grpc.status.UNAUTHENTICATED,
                details: "a token is needed: authorization: Bearer TOKEN",
              });
          },
        }),
    });
}
