/**
 * A recorded step: commands of 32 words each, run in order by every thread; opcode 0 ends it.
 *
 *   word 0  opcode (src/ops.ts has the same table)
 *   word 1+ arguments: addresses, counts, strides in bytes, f32 bits
 *
 * Threads meet after each command; with one thread there is nothing to wait for. Thread 0 leaves the address of the
 * command it runs at barrier + 192, so that a trap can be named.
 */
import { barrier_wait } from "./barrier";
import { attention } from "./ops/attention";
import { add, add_bias, gated, multiply, rows, scale, softcap } from "./ops/elementwise";
import { add_expert_bias, combine, route } from "./ops/experts";
import { kv_store } from "./ops/kv";
import { embed, linear, linear_experts, pack, touch_pages } from "./ops/linear";
import { layer_norm, rms_norm } from "./ops/norm";
import { quantize_q16, quantize_q8_256, quantize_q8_32, quantize_q8_fours } from "./ops/quantize";
import { rope } from "./ops/rope";

const COMMAND: usize = 128;

// @ts-ignore: decorator
@inline
function p(pc: usize, word: usize): usize {
  return <usize>load<u32>(pc + (word << 2));
}

// @ts-ignore: decorator
@inline
function i(pc: usize, word: usize): i32 {
  return load<i32>(pc + (word << 2));
}

// @ts-ignore: decorator
@inline
function f(pc: usize, word: usize): f32 {
  return load<f32>(pc + (word << 2));
}

/** Runs the program at pc as thread `rank` of `threads`. */
export function run(pc: usize, barrier: usize, rank: i32, threads: i32): void {
  const taken = barrier + 256;
  for (;; pc += COMMAND) {
    if (rank == 0) store<u32>(barrier, <u32>pc, 192);
    switch (i(pc, 0)) {
      case 0: return;
      case 1: embed(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), p(pc, 7), i(pc, 8), p(pc, 9), rank, threads); break;
      case 2: quantize_q8_fours(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), p(pc, 5), p(pc, 6), i(pc, 7), i(pc, 8), i(pc, 9), rank, threads); break;
      case 3: quantize_q8_32(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), p(pc, 5), p(pc, 6), p(pc, 7), i(pc, 8), i(pc, 9), rank, threads); break;
      case 4: linear(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), i(pc, 7), p(pc, 8), p(pc, 9), p(pc, 10), p(pc, 11), p(pc, 12), i(pc, 13), i(pc, 14), p(pc, 15), taken, rank, threads); break;
      case 5: rms_norm(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), i(pc, 5), i(pc, 6), p(pc, 7), f(pc, 8), rank, threads); break;
      case 6: layer_norm(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), p(pc, 7), f(pc, 8), rank, threads); break;
      case 7: rope(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), i(pc, 7), i(pc, 8), i(pc, 9), p(pc, 10), rank, threads); break;
      case 8: kv_store(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), p(pc, 5), p(pc, 6), p(pc, 7), p(pc, 8), i(pc, 9), i(pc, 10), i(pc, 11), i(pc, 12), rank, threads); break;
      case 9:
        attention(
          p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), p(pc, 5), p(pc, 6), p(pc, 7), p(pc, 8), p(pc, 9), p(pc, 10),
          i(pc, 11), i(pc, 12), i(pc, 13), i(pc, 14), f(pc, 15), i(pc, 16), f(pc, 17), i(pc, 18), p(pc, 19), p(pc, 20), taken, rank, threads,
        );
        break;
      case 10: gated(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), i(pc, 5), rank, threads); break;
      case 11: add(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), rank, threads); break;
      case 12: multiply(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), rank, threads); break;
      case 13: scale(p(pc, 1), p(pc, 2), f(pc, 3), i(pc, 4), rank, threads); break;
      case 14: softcap(p(pc, 1), p(pc, 2), f(pc, 3), i(pc, 4), rank, threads); break;
      case 15: rows(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), p(pc, 5), rank, threads); break;
      case 16: add_bias(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), i(pc, 5), p(pc, 6), rank, threads); break;
      case 17: route(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), i(pc, 7), i(pc, 8), f(pc, 9), rank, threads); break;
      case 18: linear_experts(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), i(pc, 7), p(pc, 8), p(pc, 9), p(pc, 10), p(pc, 11), p(pc, 12), i(pc, 13), p(pc, 14), i(pc, 15), i(pc, 16), p(pc, 17), taken, rank, threads); break;
      case 19: combine(p(pc, 1), p(pc, 2), p(pc, 3), i(pc, 4), i(pc, 5), p(pc, 6), rank, threads); break;
      case 20: add_expert_bias(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), i(pc, 5), i(pc, 6), p(pc, 7), rank, threads); break;
      case 21: pack(p(pc, 1), p(pc, 2), i(pc, 3), i(pc, 4), i(pc, 5), p(pc, 6), p(pc, 7), rank, threads); break;
      case 22: break;
      case 23: quantize_q8_256(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), p(pc, 5), p(pc, 6), i(pc, 7), i(pc, 8), rank, threads); break;
      // The end for thread 0, which nobody waits for.
      case 24:
        if (rank > 0) touch_pages(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), rank, threads);
        return;
      case 25: quantize_q16(p(pc, 1), p(pc, 2), p(pc, 3), p(pc, 4), p(pc, 5), p(pc, 6), i(pc, 7), i(pc, 8), rank, threads); break;
      default: unreachable();
    }
    if (threads > 1) barrier_wait(barrier, threads);
    else store<i32>(taken, 0);
  }
}
