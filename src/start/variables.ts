/**
 * The variables of our own, by the part that reads them. Those of vendors come from the vendors. `npm run docs` writes the
 * tables in docs/configuration.md from these comments: what follows `@default` is the last column.
 */

export const applicationVariables = [
  /**
   * Names of [destinations](../README.md#destinations), separated by commas.
   * @default those whose keys are set, `otlp` with an OTLP endpoint, `spanport` with `SPANPORT_GATEWAY`; with none of these
   * the gateway of the same user, if one runs
   */
  'SPANPORT_DESTINATIONS',
  /**
   * How much content each destination gets: `full`, `redacted` or `none`, such as `athina=full,otlp=none`.
   * @default `full` for vendors, `file:`, `console` and your own gateway; `none` for `otlp` and presets
   */
  'SPANPORT_CONTENT',
  /**
   * A directory in which records wait until they are delivered.
   * @default none: they wait in memory
   */
  'SPANPORT_SPOOL_DIR',
  /**
   * Maximum bytes in that directory; the oldest records are dropped first.
   * @default `268435456`
   */
  'SPANPORT_SPOOL_MAX_BYTES',
  /**
   * `batch`: on disk within 50 ms after the span ended. `sync`: when `span.end()` returned, as always in worker threads.
   * @default `batch`
   */
  'SPANPORT_DURABILITY',
  /**
   * `all`: vendors also get the calls that the trace sampler leaves out.
   * @default `sampled`
   */
  'SPANPORT_VENDOR_SAMPLING',
  /**
   * `true`: requests the usage of streams, and hides the extra chunk from an application that did not ask for it.
   * @default `false`
   */
  'SPANPORT_INCLUDE_USAGE',
  /**
   * Versions of the metric names: `latest`, `v1.41` or `both`.
   * @default `latest`
   */
  'SPANPORT_METRICS',
  /**
   * The address of a gateway. Adds the destination `spanport`, unless `SPANPORT_DESTINATIONS` is set, which has to name it.
   * @default none: while no destination is set, the gateway of the same user
   */
  'SPANPORT_GATEWAY',
] as const;

export const gatewayVariables = [
  /**
   * The token that every request has to carry, of at least 16 characters. In an application, what the destination
   * `spanport` sends.
   * @default none on loopback, required elsewhere
   */
  'SPANPORT_TOKEN',
  /**
   * Keys that vendors' clients may use, such as `athina=KEY,reconify=APPKEY:APIKEY,kore=CLIENTID:SECRET`. The API of a
   * vendor that is named accepts these and the token alone.
   * @default every key is accepted, or the token alone if there is one
   */
  'SPANPORT_CLIENT_KEYS',
  /**
   * Destinations that everything is sent on to, as in `SPANPORT_DESTINATIONS`.
   * @default none
   */
  'SPANPORT_FORWARD',
  /**
   * The address of a Jaeger that has the same traces, for links on the gateway's page.
   * @default none
   */
  'SPANPORT_JAEGER_URL',
] as const;

export const workerVariables = [
  /**
   * Brokers, such as `kafka-1:9092,kafka-2:9092`.
   * @default none: required
   */
  'SPANPORT_KAFKA_BROKERS',
  /**
   * Beginning of the names of its consumer groups: `spanport-assemble`, `spanport-deliver-athina` and so on.
   * @default `spanport`
   */
  'SPANPORT_KAFKA_GROUP',
  /**
   * The topic of spans.
   * @default `spanport.spans`
   */
  'SPANPORT_KAFKA_SPANS_TOPIC',
  /**
   * The topic of assembled interactions.
   * @default `spanport.interactions`
   */
  'SPANPORT_KAFKA_INTERACTIONS_TOPIC',
  /**
   * The topic of records that could not be decoded or were refused.
   * @default `spanport.dead-letters`
   */
  'SPANPORT_KAFKA_DEAD_LETTERS_TOPIC',
  /**
   * How many milliseconds an interaction waits for earlier ones of its conversation.
   * @default `1000`
   */
  'SPANPORT_KAFKA_ORDER_WINDOW',
  /**
   * `true`: connects by TLS. Setting one of the three files does the same.
   * @default `false`
   */
  'SPANPORT_KAFKA_TLS',
  /**
   * PEM file of the certificate authority of the brokers.
   * @default those that Node trusts
   */
  'SPANPORT_KAFKA_CA',
  /**
   * PEM file of the client's certificate.
   * @default none
   */
  'SPANPORT_KAFKA_CERT',
  /**
   * PEM file of the certificate's key.
   * @default none
   */
  'SPANPORT_KAFKA_KEY',
  /**
   * `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`.
   * @default none: no SASL
   */
  'SPANPORT_KAFKA_SASL_MECHANISM',
  /**
   * User name, for `PLAIN` and `SCRAM`.
   * @default none
   */
  'SPANPORT_KAFKA_USERNAME',
  /**
   * Password, for `PLAIN` and `SCRAM`.
   * @default none
   */
  'SPANPORT_KAFKA_PASSWORD',
  /**
   * Token, for `OAUTHBEARER`.
   * @default none
   */
  'SPANPORT_KAFKA_TOKEN',
] as const;
