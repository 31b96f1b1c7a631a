/** What our Synapse is told on top of its generated configuration. JSON is YAML, so that is what is written. */

/** An application service that the homeserver knows. */
export interface AppserviceRegistration {
  /** Its token towards the homeserver. */
  asToken: string;
  /** The homeserver's token towards it. */
  hsToken: string;
  /** Localpart of its own user. */
  senderLocalpart: string;
  /** How the localparts of its users begin. */
  userPrefix: string;
}

/** The application service of every homeserver that the scripts start. */
export const APPSERVICE: AppserviceRegistration = {
  asToken: "as_token_of_the_test_bridge",
  hsToken: "hs_token_of_the_test_bridge",
  senderLocalpart: "_as_bot",
  userPrefix: "_as_",
};

/** Lets scripts make administrators; the listener is on loopback only. */
export const REGISTRATION_SECRET = "registration_secret_of_the_test_homeserver";

/** What varies between the homeservers. */
export interface SynapseSettings {
  /** Folder for everything that the homeserver keeps. */
  folder: string;
  port: number;
  /** Whether messages are rate-limited as on a careful public homeserver. */
  strict: boolean;
  /** Whether Synapse has what URL previews need. */
  previews: boolean;
  /** Where transactions go; without it the application service only calls, and is never called. */
  appserviceUrl?: string;
}

const PRIVATE_NETWORKS = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "fe80::/10",
  "fc00::/7",
];
const LIFTED = { per_second: 100_000, burst_count: 100_000 };
/** Five messages at once, then three a second: a sixth in a row is refused, and 30 in a row take eight seconds. */
const STRICT = { per_second: 3, burst_count: 5 };

function rateLimits(strict: boolean): Record<string, unknown> {
  return {
    rc_message: strict ? STRICT : LIFTED,
    rc_registration: LIFTED,
    rc_registration_token_validity: LIFTED,
    rc_login: { address: LIFTED, account: LIFTED, failed_attempts: LIFTED },
    rc_admin_redaction: LIFTED,
    rc_joins: { local: LIFTED, remote: LIFTED },
    rc_joins_per_room: LIFTED,
    rc_3pid_validation: LIFTED,
    rc_invites: { per_room: LIFTED, per_user: LIFTED, per_issuer: LIFTED },
    rc_third_party_invite: LIFTED,
    rc_media_create: LIFTED,
    rc_presence: { per_user: LIFTED },
    rc_delayed_event_mgmt: LIFTED,
    rc_room_creation: LIFTED,
    rc_reports: LIFTED,
    rc_user_directory: LIFTED,
    rc_profile: LIFTED,
    rc_key_requests: LIFTED,
  };
}

/** The configuration that goes with the generated one; where both name a thing, this wins. */
export function synapseConfig(settings: SynapseSettings): Record<string, unknown> {
  const { folder, port, strict, previews } = settings;
  return {
    public_baseurl: `http://127.0.0.1:${port}/`,
    serve_server_wellknown: false,
    listeners: [{
      port,
      bind_addresses: ["127.0.0.1"],
      type: "http",
      tls: false,
      x_forwarded: false,
      resources: [{ names: ["client"], compress: false }],
    }],
    log_config: `${folder}/log.yaml`,
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    report_stats: false,
    federation_domain_whitelist: [],
    enable_registration: true,
    enable_registration_without_verification: true,
    registration_shared_secret: REGISTRATION_SECRET,
    bcrypt_rounds: 4,
    presence: { enabled: true },
    enable_media_repo: true,
    enable_authenticated_media: true,
    max_upload_size: "512M",
    media_upload_limits: [],
    max_pending_media_uploads: 1000,
    // Tests let it fetch from servers of their own on this machine, but nothing from the network around it.
    url_preview_enabled: previews,
    url_preview_ip_range_blacklist: PRIVATE_NETWORKS,
    ip_range_blacklist: PRIVATE_NETWORKS,
    allow_public_rooms_without_auth: true,
    allow_public_rooms_over_federation: false,
    room_list_publication_rules: [{ action: "allow" }],
    alias_creation_rules: [{ action: "allow" }],
    user_directory: { enabled: true, search_all_users: true, prefer_local_users: true },
    enable_set_displayname: true,
    enable_set_avatar_url: true,
    allow_per_room_profiles: true,
    turn_uris: ["turn:turn.localhost:3478?transport=udp"],
    turn_shared_secret: "turn_secret_of_the_test_homeserver",
    app_service_config_files: [`${folder}/appservice.yaml`],
    experimental_features: {
      msc2409_to_device_messages_enabled: true,
      msc3202_transaction_extensions: true,
      msc3720_enabled: true,
      msc3848_enabled: true,
      msc3881_enabled: true,
      msc4133_enabled: true,
      msc4222_enabled: true,
    },
    ...rateLimits(strict),
  };
}

/** The registration file of {@linkcode APPSERVICE}. */
export function appserviceConfig(url?: string): Record<string, unknown> {
  return {
    id: "test-bridge",
    url: url ?? null,
    as_token: APPSERVICE.asToken,
    hs_token: APPSERVICE.hsToken,
    sender_localpart: APPSERVICE.senderLocalpart,
    rate_limited: false,
    receive_ephemeral: true,
    "org.matrix.msc3202": true,
    "io.element.msc4190": true,
    namespaces: {
      users: [{ exclusive: true, regex: `@${APPSERVICE.userPrefix}.*` }],
      aliases: [{ exclusive: true, regex: `#${APPSERVICE.userPrefix}.*` }],
      rooms: [],
    },
  };
}

/** Python's logging configuration: warnings to a file, nothing on the terminal. */
export function logConfig(folder: string): Record<string, unknown> {
  return {
    version: 1,
    formatters: { plain: { format: "%(asctime)s %(levelname)s %(name)s %(message)s" } },
    handlers: {
      file: {
        class: "logging.FileHandler",
        formatter: "plain",
        filename: `${folder}/synapse.log`,
        encoding: "utf8",
      },
    },
    root: { level: "WARNING", handlers: ["file"] },
    disable_existing_loggers: false,
  };
}
