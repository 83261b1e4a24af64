import { type Method, type Service, unary } from "../../../src/api/service.ts";
import { ok } from "../../../src/lib/result.ts";

/** GoBGP's service, of which the command uses three calls; they are noted. */
export function fakeGobgp(): { readonly service: Service; readonly asked: readonly unknown[] } {
  const asked: unknown[] = [];
  const note = (name: string): Method =>
    unary((request: object) => {
      asked.push([name, { ...request }]);
      return ok({});
    });
  const methods = new Proxy({}, { get: (_, name: string) => note(name) });
  return { service: { name: "apipb.GobgpApi", folder: "gobgp", files: ["gobgp.proto"], methods }, asked };
}
