import type { OpArguments, OpName } from "@realizar/kernels";
import { ShapeError, type Tensor } from "@realizar/tensor";
import type { Buffer } from "./arena.ts";
import { aligned } from "./memory.ts";
import { type Argument, type Node, type Place, strideOf } from "./recording.ts";

export interface Recorded extends Tensor {
  readonly buffer: Buffer;
}

/** Commands in their order and the buffers that they fill: what every verb of a recorder writes to. */
export interface Tape {
  readonly nodes: Node[];
  readonly buffers: Buffer[];
  /** A buffer that lives from the next command to the last one that names it. */
  allocate(segment: number, bytes: number): Buffer;
  /** Adds a command; none where it would work on no rows. */
  push<N extends OpName>(segment: number, op: N, args: { [K in keyof OpArguments<N>]: Argument }): void;
  /** A tensor of f32 rows with a buffer of its own. */
  tensor(segment: number, rows: number, columns: number): Recorded;
  /** @throws ShapeError where the tensor is of another recording */
  known(op: string, x: Tensor): Recorded;
  /** The buffer itself, or its copy in another segment. */
  moved(from: Buffer, segment: number): Buffer;
  /** Where a command of `segment` finds the tensor. */
  read(op: string, x: Tensor, segment: number): Place;
}

export const place = (buffer: Buffer): Place => ({ in: "buffer", buffer });

export function createTape(): Tape {
  const nodes: Node[] = [];
  const buffers: Buffer[] = [];
  const tensors: Recorded[] = [];
  const copies = new Map<string, Buffer>();

  const tape: Tape = {
    nodes,
    buffers,
    allocate(segment, bytes) {
      const buffer: Buffer = {
        segment,
        bytes: aligned(bytes),
        first: nodes.length,
        last: nodes.length,
        offset: 0,
      };
      buffers.push(buffer);
      return buffer;
    },
    push(segment, op, args) {
      const used = (Object.values(args) as Argument[]).flatMap((value) =>
        typeof value === "object" && value.in === "buffer" ? [value.buffer] : [],
      );
      if (used.some(({ bytes }) => bytes === 0)) return;
      for (const buffer of used) buffer.last = nodes.length;
      nodes.push({ kind: "command", segment, op, args });
    },
    tensor(segment, rows, columns) {
      const buffer = tape.allocate(segment, rows * strideOf(columns));
      const made = { id: tensors.length, rows, columns, buffer };
      tensors.push(made);
      return made;
    },
    known(op, x) {
      const found = tensors[x.id];
      if (found === undefined || found.rows !== x.rows)
        throw new ShapeError(op, "the tensor belongs to another recording");
      return found;
    },
    moved(from, segment) {
      if (from.segment === segment) return from;
      const key = `${buffers.indexOf(from)}:${segment}`;
      const copied = copies.get(key);
      if (copied !== undefined) return copied;
      const to = tape.allocate(segment, from.bytes);
      from.last = nodes.length;
      nodes.push({ kind: "copy", from, to });
      copies.set(key, to);
      return to;
    },
    read: (op, x, segment) => place(tape.moved(tape.known(op, x).buffer, segment)),
  };
  return tape;
}
