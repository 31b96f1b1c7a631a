import { PushMethods } from "./push.ts";

/** The media repository. */
export abstract class MediaMethods extends PushMethods {
}
