import { DirectoryMethods } from "./directory.ts";

/** Typing, receipts, read markers and presence. */
export abstract class ActivityMethods extends DirectoryMethods {
}
