/** Runs work of each room in the order in which it was added, and of several rooms at the same time. */
export class RoomQueue {
  readonly #last = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /**
   * Creates a queue.
   *
   * @param concurrency The number of rooms whose work runs at the same time.
   */
  constructor(concurrency: number) {
    this.#free = concurrency;
  }

  /**
   * Adds work. It takes its place in the room's order at once.
   *
   * @param room The room.
   * @param work The work. If it rejects, the room's next work runs all the same.
   * @returns When the work has ended.
   */
  async add(room: string, work: () => Promise<void>): Promise<void> {
    const before = this.#last.get(room);
    const done = this.#run(before, work);
    const last = done.catch(() => {});
    this.#last.set(room, last);
    try {
      await done;
    } finally {
      if (this.#last.get(room) === last) this.#last.delete(room);
    }
  }

  async #run(before: Promise<void> | undefined, work: () => Promise<void>): Promise<void> {
    await before;
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
