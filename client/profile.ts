import { SendingMethods } from "./sending.ts";

/** Names and pictures of users. */
export abstract class ProfileMethods extends SendingMethods {
}
