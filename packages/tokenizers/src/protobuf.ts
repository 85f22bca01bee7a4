import { TokenizerFileError } from "./errors.ts";

/** One field of a protocol buffers message: varints and fixed integers as numbers, the rest as bytes. */
export interface ProtobufField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/**
 * The fields of a message in order (protobuf.dev/programming-guides/encoding). Every length is checked against what is
 * left before it is used.
 *
 * @param path names the message in errors
 * @throws TokenizerFileError
 */
export function* protobufFields(bytes: Uint8Array, path: string): Generator<ProtobufField> {
  let at = 0;
  const fail = (problem: string): never => {
    throw new TokenizerFileError(path, `${problem} at byte ${at}`);
  };
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (at >= bytes.length) fail("ends inside a number");
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return fail("has an overlong number");
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) fail(`has ${length} bytes announced and ${bytes.length - at} left`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0) fail("has a field numbered 0");
    if (wire === VARINT) yield { number, value: varint() };
    else if (wire === BYTES) yield { number, value: take(varint()) };
    else if (wire === FIXED64) yield { number, value: take(8) };
    else if (wire === FIXED32) yield { number, value: take(4) };
    else fail(`has the unknown wire type ${wire}`);
  }
}
