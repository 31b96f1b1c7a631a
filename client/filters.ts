import { DeviceMethods } from "./devices.ts";

/** Filters that the homeserver keeps. */
export abstract class FilterMethods extends DeviceMethods {
}
