import { ActivityMethods } from "./activity.ts";

/** Account data and room tags. */
export abstract class AccountDataMethods extends ActivityMethods {
}
