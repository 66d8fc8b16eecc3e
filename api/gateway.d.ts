/**
 * How much content a destination receives: all of it, its structure (roles, tool names and the number of messages, with
 * every text replaced), or none.
 */
type ContentMode = 'full' | 'redacted' | 'none';
/** A gateway that runs in this process. */
interface Gateway {
    /** Such as `http://127.0.0.1:4318`. */
    readonly url: string;
    /** Where OTLP over gRPC is received; undefined without it. */
    readonly grpcUrl: string | undefined;
    /** Finishes the requests in flight, writes everything to the disk and stops. It may be called more than once. */
    close(): Promise<void>;
}
/** Options of {@link startGateway}. */
interface GatewayOptions {
    /** Default 4318; 0 takes any free port. */
    readonly port?: number;
    /** OTLP over gRPC; needs `@grpc/grpc-js`. Default: 4317 with the default port, else none. 0 takes any free port. */
    readonly grpcPort?: number;
    /** Default 127.0.0.1. Any other address needs a token. */
    readonly host?: string;
    /** The folder for the data. Default: the user's own, `$XDG_DATA_HOME/spanport`. */
    readonly data?: string;
    /** Every request has to carry it, as `Authorization: Bearer` or as the vendor client's own key. */
    readonly token?: string;
    /**
     * Keys that vendors' clients may use, such as `{ vendor: 'athina', secret: '…' }`. A vendor without any accepts every
     * client, or the token alone where there is one. Default: `SPANPORT_CLIENT_KEYS`.
     */
    readonly clientKeys?: readonly ClientKey[];
    /** Further names under which the gateway is reached, such as that of a container. */
    readonly allowedHosts?: readonly string[];
    /** Data older than this is removed. Default: 30 days. */
    readonly maxAgeDays?: number;
    /** With more data than this the oldest is removed. Default: 2 GB. */
    readonly maxBytes?: number;
    /** How much content of messages is stored. Default: `full`. */
    readonly content?: ContentMode;
    /** Applied to every text before it is stored, after the built-in patterns for secrets. */
    readonly mask?: Mask;
    /** Destinations that everything is sent on to, as in `SPANPORT_DESTINATIONS`. Default: `SPANPORT_FORWARD`, else none. */
    readonly forward?: readonly string[];
    /** The page of a Jaeger that has the same traces, such as `http://localhost:16686`. Default: `SPANPORT_JAEGER_URL`. */
    readonly jaegerUrl?: string;
    /** Whether applications of this user find the gateway by themselves. Default: true on the default port. */
    readonly discoverable?: boolean;
    /** Receives each line of the log. Default: stderr. */
    readonly log?: (line: string) => void;
}
/** Returns a text without its secrets. Must be synchronous. */
type Mask = (text: string) => string;
/** A key that a vendor's client may use. `account` is the public half, where a vendor's keys have two: `appKey`, client id. */
interface ClientKey {
    readonly vendor: string;
    readonly secret: string;
    readonly account?: string;
}
/**
 * Starts the gateway: it receives OTLP and the vendors' own APIs, stores everything in a folder and answers queries.
 * Rejects with a ConfigurationError for wrong options, a StoreError for the data folder, and the system's error for a
 * port that is taken.
 */
declare function startGateway(options?: GatewayOptions): Promise<Gateway>;
export { type ContentMode, type Gateway, type GatewayOptions, startGateway };
