/**
 * Pages of 2 MiB for memory that is filled once and read for each token. First touching a page of 4 KiB costs
 * microseconds, and on a virtual machine many; a huge page costs as much once for 512 of them.
 *
 * Only advice: where the runtime is not Bun, the system not Linux, or huge pages are switched off, nothing changes.
 */

/** Bytes of a huge page of x86-64, and of arm64 with pages of 4 KiB. */
const HUGE_PAGE = 2 ** 21;

/** madvise(2): MADV_HUGEPAGE of linux/mman.h. */
const MADV_HUGEPAGE = 14;

/** C libraries by name: glibc, musl. */
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Advises huge pages for the bytes [from, to) of a memory; whether the system took the advice. */
export function adviseHugePages(memory: ArrayBufferLike, from: number, to: number): boolean {
  if (typeof Bun === "undefined" || process.platform !== "linux" || to - from < 2 * HUGE_PAGE) return false;
  const { dlopen, ptr } = process.getBuiltinModule("bun:ffi") as typeof import("bun:ffi");
  const address = ptr(new Uint8Array(memory, from, to - from));
  const first = Math.ceil(address / HUGE_PAGE) * HUGE_PAGE;
  const end = Math.floor((address + to - from) / HUGE_PAGE) * HUGE_PAGE;
  for (const library of LIBRARIES) {
    try {
      const { symbols, close } = dlopen(library, {
        madvise: { args: ["ptr", "usize", "i32"], returns: "i32" },
      });
      const status = symbols.madvise(first as typeof address, BigInt(end - first), MADV_HUGEPAGE);
      close();
      return status === 0;
    } catch {
      // Not this system's C library.
    }
  }
  return false;
}
