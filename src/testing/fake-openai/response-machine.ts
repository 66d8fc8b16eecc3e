export interface ResponseRecord {
  readonly id: string;
}
