import type { Database, SqlRow, SqlValue, Statement } from './driver.ts';

/** One connection to the spool's file: statements prepared once, transactions whole or not at all. */
export class Connection {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.#statement(sql).all(...values);
  }

  /** Returns how many rows it changed, and the id of the row inserted last. */
  run(sql: string, ...values: SqlValue[]): { readonly changes: number; readonly lastId: number } {
    return this.#statement(sql).run(...values);
  }

  pragma(name: string): number {
    return Number(this.all(`PRAGMA ${name}`)[0]?.[name]);
  }

  transact<T>(work: () => T): T {
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      try {
        this.run('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
