import { interopWith } from "./interop.ts";

interopWith("exabgp");
