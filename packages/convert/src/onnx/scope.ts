import type { Value } from "@coracle/core";
import type { BlockWriter } from "./block-writer.ts";

/** The values a graph can name: its own, and through `outer` those it captures, which become block inputs. */
export class Scope {
  readonly writer: BlockWriter;
  /** Outer values this block reads, with the block input that stands for each. */
  readonly captures: Map<Value, Value> = new Map();
  readonly #values = new Map<string, Value>();
  readonly #absent = new Set<string>();
  readonly #outer: Scope | undefined;

  /** A scope on its outer scope's own writer reads outer values directly. */
  constructor(writer: BlockWriter, outer?: Scope) {
    this.writer = writer;
    this.#outer = outer;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** A function's optional input that its call leaves out. */
  setAbsent(name: string): void {
    this.#absent.add(name);
  }

  isAbsent(name: string): boolean {
    return this.#absent.has(name) || (this.#outer?.isAbsent(name) ?? false);
  }

  get(name: string): Value | undefined {
    const own = this.#values.get(name);
    if (own !== undefined) return own;
    const outer = this.#outer?.get(name);
    return outer === undefined ? undefined : this.capture(outer);
  }

  /** A value of the enclosing block as this block sees it: constants as they are, others through an input. */
  capture(outer: Value): Value {
    if (outer.data !== undefined || this.#outer?.writer === this.writer) return outer;
    let inner = this.captures.get(outer);
    if (inner === undefined) {
      inner = this.writer.input(outer.name, outer.type);
      this.captures.set(outer, inner);
    }
    return inner;
  }
}
