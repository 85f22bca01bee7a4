import { COMMAND_WORDS, type OpArguments, type OpName, writeCommand } from "@realizar/kernels";
import { MemoryExceededError } from "@realizar/tensor";
import { placeBuffers } from "./arena.ts";
import type { MemoryPlan } from "./memory-plan.ts";
import type { Argument, Recording } from "./recording.ts";
import { ropeAddress, type Segment } from "./segment.ts";
import type { Copy, Step } from "./step.ts";

const COMMAND_BYTES = COMMAND_WORDS * 4;

/**
 * Gives every buffer of a recording its place and writes its programs into slot `slot` of each segment.
 * @param leastShared multiplications a command, on average, from which threads share a step
 * @throws MemoryExceededError where a segment's arena is too small
 */
export function emitStep(
  recording: Recording,
  slot: number,
  plan: MemoryPlan,
  segments: readonly Segment[],
  contextSize: number,
  leastShared: number,
): Step {
  for (const [s, segment] of segments.entries()) {
    const size = placeBuffers(recording.buffers.filter((buffer) => buffer.segment === s));
    if (size > segment.layout.sizes.arena)
      throw new MemoryExceededError("a step", size, segment.layout.sizes.arena);
  }
  const addressIn = (segment: Segment, argument: Argument): number => {
    if (typeof argument === "number") return argument;
    switch (argument.in) {
      case "buffer":
        return segment.layout.arena + argument.buffer.offset;
      case "weight":
        return plan.weightAddress.get(argument.weight.name)!;
      case "batch":
        return segment.layout.batch + plan.region[argument.array] * 4;
      case "rope":
        return ropeAddress(segment, argument.spec, contextSize);
      case "keys":
        return plan.keyAddress[argument.layer]!;
      case "values":
        return plan.valueAddress[argument.layer]!;
      case "scratch":
        return segment.layout.scratch;
    }
  };

  const parts: { segment: number; program: number; copies: Copy[]; commands: number }[] = [];
  /** Address of the next command in each segment. */
  const next = segments.map((segment) => segment.layout.programs + (1 + slot) * plan.programBytes);
  const command = (s: number, op: OpName, args: Record<string, Argument>) => {
    const segment = segments[s]!;
    const values = Object.fromEntries(
      Object.entries(args).map(([name, value]) => [name, addressIn(segment, value)]),
    );
    writeCommand(segment.words, segment.floats, next[s]! >>> 2, op, values as OpArguments<OpName>);
    next[s]! += COMMAND_BYTES;
  };
  const endPart = () => {
    const part = parts.at(-1);
    if (part !== undefined) command(part.segment, "end", {});
  };
  const beginPart = (segment: number) => {
    endPart();
    const part = { segment, program: next[segment]!, copies: [], commands: 0 };
    parts.push(part);
    // Threads meet before the part's first command, so that all see the copies into the segment.
    if (parts.length > 1) command(segment, "meet", {});
    return part;
  };
  /** The part that goes on in this segment, or a new one. Copies are made before a part's commands. */
  const partIn = (segment: number, forCopy: boolean) => {
    const part = parts.at(-1);
    return part?.segment === segment && !(forCopy && part.commands > 0) ? part : beginPart(segment);
  };
  for (const node of recording.nodes) {
    if (node.kind === "copy") {
      const { from, to } = node;
      const source = segments[from.segment]!.layout.arena + from.offset;
      const target = segments[to.segment]!.layout.arena + to.offset;
      partIn(to.segment, true).copies.push({
        fromSegment: from.segment,
        from: source,
        to: target,
        bytes: to.bytes,
      });
    } else {
      partIn(node.segment, false).commands++;
      command(node.segment, node.op, node.args);
    }
  }
  endPart();
  const { buffer, rows, columns } = recording.output;
  const address = segments[buffer.segment]!.layout.arena + buffer.offset;
  const alone = recording.products < leastShared * recording.nodes.length;
  return { parts, alone, output: { segment: buffer.segment, address, rows, columns } };
}
