#!/usr/bin/env bun
import { fillIn } from "./node-20.ts";
import { processIo } from "./process-io.ts";
import { main } from "./program.ts";

fillIn({ Promise, Set });
const io = processIo();
process.exitCode = await main(process.argv.slice(2), io, process.env);
