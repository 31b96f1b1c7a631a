import { BaseClientAPI } from "./base.ts";

/** Finding the homeserver and what it can do. */
export abstract class DiscoveryMethods extends BaseClientAPI {
}
