import { FilterMethods } from "./filters.ts";

/** Asking for what is new. */
export abstract class SyncMethods extends FilterMethods {
}
