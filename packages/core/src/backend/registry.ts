import { ProgramError } from "../errors.ts";
import type { Backend } from "./backend.ts";

/** Backends a caller holds as a value; order is preference. Nothing registers itself by being imported. */
export class Registry {
  readonly #backends: Backend[] = [];

  /** Throws ProgramError when the target is registered already. */
  register(backend: Backend): this {
    if (this.#backends.some(({ target }) => target === backend.target)) {
      throw new ProgramError(`registry: backend "${backend.target}" is registered twice; expected once.`);
    }
    this.#backends.push(backend);
    return this;
  }

  get backends(): readonly Backend[] {
    return [...this.#backends];
  }
}
