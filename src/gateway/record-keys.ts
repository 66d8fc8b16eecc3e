/** The interaction that a record's key names: a revision and the number of a message are left out. */
export function interactionKeyOf(key: string): string {
  return key.replace(/@[0-9a-z-]+$/, '').replace(/:\d{1,6}$/, '');
}

/** Whether a record's key is that of an answer whose question is another record, or none. */
export function isAnswerKey(key: string): boolean {
  return key.startsWith('response:');
}
