#!/usr/bin/env node
import { main } from "./daemon/main.ts";

main(process.argv.slice(2));
