const decoder = new TextDecoder();

/** Little-endian values one after another. Reading past the end throws RangeError. */
export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get rest(): number {
    return this.#bytes.length - this.at;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#advance(4), true);
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#advance(8), true));
  }

  u64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  take(count: number): Uint8Array {
    if (!(count <= this.rest))
      throw new RangeError(`${count} bytes at byte ${this.at}, where ${this.rest} are left`);
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** A length, then bytes. */
  string(): string {
    return decoder.decode(this.take(this.u64()));
  }

  /** A count, then elements of at least one byte each. */
  list<T>(read: () => T): readonly T[] {
    const count = this.u64();
    if (!(count <= this.rest)) throw new RangeError(`a list of ${count} elements at byte ${this.at}`);
    return Array.from({ length: count }, read);
  }

  #advance(count: number): number {
    const start = this.at;
    this.at += count;
    return start;
  }
}
