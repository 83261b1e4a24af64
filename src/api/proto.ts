import { fileURLToPath } from "node:url";
import type { Options, PackageDefinition } from "@grpc/proto-loader";

/** How messages look to our code: see service.ts. */
export const LOAD_OPTIONS: Options = {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
};

/** proto/ stands beside src/ and beside dist/. */
const ROOT = fileURLToPath(new URL("../../proto/", import.meta.url));

/** Loads .proto files of a folder below proto/. Loads the library as well, which takes some 50 ms: not before it is needed. */
export async function loadProtos(folder: string, files: readonly string[]): Promise<PackageDefinition> {
  const { loadSync } = await import("@grpc/proto-loader");
  return loadSync([...files], { ...LOAD_OPTIONS, includeDirs: [ROOT + folder] });
}
