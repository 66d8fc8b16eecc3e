export interface StoredConversation {
  readonly id: string;
}
