import { KeyMethods } from "./keys.ts";

/** Push rules. */
export abstract class PushMethods extends KeyMethods {
}
