import { SyncMethods } from "./sync.ts";

/** The state of rooms. */
export abstract class StateMethods extends SyncMethods {
}
