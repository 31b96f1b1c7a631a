import { DiscoveryMethods } from "./discovery.ts";

/** Signing in and out. */
export abstract class AuthenticationMethods extends DiscoveryMethods {
}
