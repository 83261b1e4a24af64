import { interopWith } from "./interop.ts";

interopWith("openbgpd");
