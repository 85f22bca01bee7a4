import { PageIntegrityError } from "./errors.ts";
import { PAGE_SIZE } from "./model-runner.ts";

/** No page. */
export const NONE = -1;

/** Hash of a full page: of the hash of the page before it (0 for a first page) and its own tokens. */
export type PageHash = (parent: number, tokens: ArrayLike<number>, from: number) => number;

/** FNV-1a over 32-bit words (Fowler, Noll and Vo), finished by a shift so that low bits differ too. */
export const hashPage: PageHash = (parent, tokens, from) => {
  let hash = (parent ^ 0x811c9dc5) | 0;
  for (let i = from; i < from + PAGE_SIZE; i++) hash = Math.imul(hash ^ tokens[i]!, 0x01000193);
  return hash ^ (hash >>> 15);
};

/**
 * Bookkeeping of the KV pool: page ids, reference counts, and an index of full pages by their content. Never bytes.
 *
 * A page is in exactly one state:
 *
 *     free -- take --> held (refs > 0) -- release --> free
 *                        |        ^
 *                      seal     retain
 *                        v        |
 *                      indexed: held, or cached (refs = 0, in the LRU list) -- evicted by take --> held
 *
 * An indexed page is full, never written again, and known by its content: its tokens and the indexed page before it. So
 * finding page i of a prefix proves pages 0 to i - 1 equal too. Holders of a page hold the pages before it and release
 * them later, hence eviction, oldest first, always takes a child before its parent.
 */
export interface PagePool {
  readonly pageCount: number;
  /** Pages that `take` could give now: free ones and cached ones. */
  available(): number;
  /** Pages with references. */
  used(): number;
  /** A page with one reference, evicting the least recently used cached one if need be; NONE where all are held. */
  take(): number;
  /** One more reference to a page found by `find`. */
  retain(page: number): void;
  /** One reference less. Release a sequence's pages last to first. */
  release(page: number): void;
  /** The indexed page with tokens[from, from + 16) behind the indexed page `parent` (NONE: at the start), or NONE. */
  find(parent: number, tokens: ArrayLike<number>, from: number): number;
  /** Whether nobody holds the page. */
  isCached(page: number): boolean;
  /**
   * Indexes a full, held page behind `parent` (NONE or indexed) and returns it; where that content is indexed already,
   * moves the reference to that page and returns it; NONE on a hash collision: the page stays private.
   */
  seal(page: number, parent: number, tokens: ArrayLike<number>, from: number): number;
  /**
   * Checks every invariant.
   * @param held all references: page ids, as often as they are held
   * @throws PageIntegrityError
   */
  checkIntegrity(held: Iterable<number>): void;
}

/** All pages free. `hash` is a parameter so that tests can force collisions. */
export function createPagePool(pageCount: number, hash: PageHash = hashPage): PagePool {
  const refs = new Int32Array(pageCount);
  const indexed = new Uint8Array(pageCount);
  const hashes = new Int32Array(pageCount); // of indexed pages
  const parents = new Int32Array(pageCount); // of indexed pages
  const content = new Int32Array(pageCount * PAGE_SIZE); // tokens of indexed pages
  const index = new Map<number, number>(); // hash -> page

  const free = Int32Array.from({ length: pageCount }, (_, i) => pageCount - 1 - i); // a stack; page 0 on top
  let freeCount = pageCount;

  // The LRU list is a ring through the sentinel `pageCount`: next[sentinel] is the oldest.
  const sentinel = pageCount;
  const next = new Int32Array(pageCount + 1);
  const previous = new Int32Array(pageCount + 1);
  next[sentinel] = sentinel;
  previous[sentinel] = sentinel;
  let cachedCount = 0;

  function link(page: number): void {
    const newest = previous[sentinel]!;
    next[newest] = page;
    previous[page] = newest;
    next[page] = sentinel;
    previous[sentinel] = page;
    cachedCount++;
  }

  function unlink(page: number): void {
    next[previous[page]!] = next[page]!;
    previous[next[page]!] = previous[page]!;
    cachedCount--;
  }

  const hashOf = (page: number): number => (page === NONE ? 0 : hashes[page]!);

  function holds(page: number, parent: number, tokens: ArrayLike<number>, from: number): boolean {
    if (parents[page] !== parent) return false;
    const base = page * PAGE_SIZE;
    for (let i = 0; i < PAGE_SIZE; i++) if (content[base + i] !== tokens[from + i]) return false;
    return true;
  }

  function take(): number {
    let page: number;
    if (freeCount > 0) {
      page = free[--freeCount]!;
    } else if (cachedCount > 0) {
      page = next[sentinel]!;
      unlink(page);
      index.delete(hashes[page]!);
      indexed[page] = 0;
    } else {
      return NONE;
    }
    refs[page] = 1;
    return page;
  }

  function retain(page: number): void {
    if (refs[page] === 0) unlink(page);
    refs[page] = refs[page]! + 1;
  }

  function release(page: number): void {
    const left = refs[page]! - 1;
    if (left < 0) throw new PageIntegrityError(`page ${page} was released once too often`);
    refs[page] = left;
    if (left > 0) return;
    if (indexed[page] === 1) link(page);
    else free[freeCount++] = page;
  }

  function find(parent: number, tokens: ArrayLike<number>, from: number): number {
    const page = index.get(hash(hashOf(parent), tokens, from));
    return page !== undefined && holds(page, parent, tokens, from) ? page : NONE;
  }

  function seal(page: number, parent: number, tokens: ArrayLike<number>, from: number): number {
    const key = hash(hashOf(parent), tokens, from);
    const known = index.get(key);
    if (known === undefined) {
      index.set(key, page);
      indexed[page] = 1;
      hashes[page] = key;
      parents[page] = parent;
      for (let i = 0; i < PAGE_SIZE; i++) content[page * PAGE_SIZE + i] = tokens[from + i]!;
      return page;
    }
    if (!holds(known, parent, tokens, from)) return NONE;
    retain(known);
    release(page);
    return known;
  }

  function checkIntegrity(held: Iterable<number>): void {
    const demand = (truth: boolean, what: string) => {
      if (!truth) throw new PageIntegrityError(what);
    };
    const expected = new Int32Array(pageCount);
    for (const page of held) {
      demand(page >= 0 && page < pageCount, `page ${page} is held but does not exist`);
      expected[page] = expected[page]! + 1;
    }
    const places = new Int32Array(pageCount); // free stack, LRU list, held: each page in exactly one
    for (let i = 0; i < freeCount; i++) {
      const page = free[i]!;
      places[page] = places[page]! + 1;
      demand(indexed[page] === 0, `free page ${page} is indexed`);
    }
    let cached = 0;
    for (let page = next[sentinel]!; page !== sentinel; page = next[page]!) {
      demand(previous[next[page]!] === page, `the LRU list is torn at page ${page}`);
      demand(++cached <= cachedCount, "the LRU list is longer than its count");
      places[page] = places[page]! + 1;
      demand(indexed[page] === 1, `cached page ${page} is not indexed`);
    }
    demand(cached === cachedCount, `the LRU list has ${cached} pages, its count says ${cachedCount}`);
    let indexedCount = 0;
    for (let page = 0; page < pageCount; page++) {
      demand(
        refs[page] === expected[page],
        `page ${page} has ${refs[page]} references, ${expected[page]} holders`,
      );
      if (refs[page]! > 0) places[page] = places[page]! + 1;
      demand(places[page] === 1, `page ${page} is in ${places[page]} states at once`);
      if (indexed[page] === 0) continue;
      indexedCount++;
      demand(index.get(hashes[page]!) === page, `page ${page} is indexed but not found`);
      const parent = parents[page]!;
      if (parent === NONE) continue;
      demand(indexed[parent] === 1, `page ${page} outlived its parent ${parent}`);
      demand(refs[parent]! >= refs[page]!, `page ${page} has more holders than its parent ${parent}`);
    }
    demand(index.size === indexedCount, `the index has ${index.size} entries for ${indexedCount} pages`);
  }

  return {
    pageCount,
    available: () => freeCount + cachedCount,
    used: () => pageCount - freeCount - cachedCount,
    take,
    retain,
    release,
    find,
    isCached: (page) => refs[page] === 0,
    seal,
    checkIntegrity,
  };
}
