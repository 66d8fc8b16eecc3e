import type { Message, Part, ToolDefinition } from './message.ts';

/**
 * What a conversation sends again with every request, so that one object may be part of many interactions. It remembers
 * the last mask that changed nothing in it.
 */
export abstract class Repeated {
  #clean: object | undefined;

  isCleanFor(mask: object): boolean {
    return this.#clean === mask;
  }

  markClean(mask: object): void {
    this.#clean = mask;
  }
}

export class RepeatedMessage extends Repeated implements Message {
  readonly role: string;
  readonly parts: readonly Part[];
  declare readonly name?: string;
  declare readonly id?: string;

  constructor({ role, parts, name, id }: Message) {
    super();
    this.role = role;
    this.parts = parts;
    if (name !== undefined) this.name = name;
    if (id !== undefined) this.id = id;
  }
}

export class RepeatedTool extends Repeated implements ToolDefinition {
  readonly type: string;
  readonly name: string;
  declare readonly description?: string;
  declare readonly parameters?: unknown;

  constructor({ type, name, description, parameters }: ToolDefinition) {
    super();
    this.type = type;
    this.name = name;
    if (description !== undefined) this.description = description;
    if (parameters !== undefined) this.parameters = parameters;
  }

  is({ type, name, description, parameters }: ToolDefinition): boolean {
    return (
      this.type === type && this.name === name && this.description === description && this.parameters === parameters
    );
  }
}
