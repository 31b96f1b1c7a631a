/** The part of a `Map` or a `Set` whose entries are in the order in which they were added. */
interface Entries<K> {
  readonly size: number;
  keys(): Iterable<K>;
  delete(key: K): boolean;
}

/** Deletes the oldest entries of a map or a set until there are no more than `size`. */
export function forgetOldest<K>(entries: Entries<K>, size: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= size) return;
    entries.delete(oldest);
  }
}

/** Sets an entry of a map that keeps the newest ones. An entry that is set again is the newest. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, size: number): void {
  map.delete(key);
  map.set(key, value);
  forgetOldest(map, size);
}
