import { AuthenticationMethods } from "./authentication.ts";

/** The devices of an account. */
export abstract class DeviceMethods extends AuthenticationMethods {
}
