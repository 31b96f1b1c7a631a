import { ProfileMethods } from "./profile.ts";

/** Joining, leaving, inviting and banning. */
export abstract class MembershipMethods extends ProfileMethods {
}
