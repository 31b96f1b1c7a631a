import { AccountDataMethods } from "./account_data.ts";

/** Keys for encryption, and messages to devices. */
export abstract class KeyMethods extends AccountDataMethods {
}
