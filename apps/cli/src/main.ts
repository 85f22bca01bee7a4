#!/usr/bin/env bun
import { processIo } from "./process-io.ts";
import { main } from "./program.ts";

const io = processIo();
process.exitCode = await main(process.argv.slice(2), io, process.env);
