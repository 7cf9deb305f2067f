/**
 * Tables of a flatbuffer, read by slot without generated code. Every access is checked: offsets that lead out of the
 * bytes throw RangeError, for the caller to turn into its own error.
 */

const decoder = new TextDecoder();

export class Table {
  readonly #view: DataView;
  readonly #at: number;
  readonly #vtable: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#vtable = at - view.getInt32(at, true);
  }

  /** The root table of a whole buffer. */
  static root(bytes: Uint8Array): Table {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new Table(view, view.getUint32(0, true));
  }

  /** Where a field lies; undefined when it is left out. */
  #field(slot: number): number | undefined {
    const size = this.#view.getUint16(this.#vtable, true);
    const entry = 4 + 2 * slot;
    if (entry >= size) return undefined;
    const offset = this.#view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? undefined : this.#at + offset;
  }

  has(slot: number): boolean {
    return this.#field(slot) !== undefined;
  }

  bool(slot: number, otherwise = false): boolean {
    const at = this.#field(slot);
    return at === undefined ? otherwise : this.#view.getUint8(at) !== 0;
  }

  uint8(slot: number, otherwise = 0): number {
    const at = this.#field(slot);
    return at === undefined ? otherwise : this.#view.getUint8(at);
  }

  int32(slot: number, otherwise = 0): number {
    const at = this.#field(slot);
    return at === undefined ? otherwise : this.#view.getInt32(at, true);
  }

  uint32(slot: number, otherwise = 0): number {
    const at = this.#field(slot);
    return at === undefined ? otherwise : this.#view.getUint32(at, true);
  }

  int64(slot: number, otherwise = 0): number {
    const at = this.#field(slot);
    return at === undefined ? otherwise : Number(this.#view.getBigInt64(at, true));
  }

  float32(slot: number, otherwise = 0): number {
    const at = this.#field(slot);
    return at === undefined ? otherwise : this.#view.getFloat32(at, true);
  }

  float64(slot: number, otherwise = 0): number {
    const at = this.#field(slot);
    return at === undefined ? otherwise : this.#view.getFloat64(at, true);
  }

  table(slot: number): Table | undefined {
    const at = this.#field(slot);
    return at === undefined ? undefined : this.#tableAt(at);
  }

  string(slot: number): string {
    const at = this.#field(slot);
    return at === undefined ? "" : this.#stringAt(at);
  }

  tables(slot: number): readonly Table[] {
    return this.#vector(slot, 4, (at) => this.#tableAt(at));
  }

  strings(slot: number): readonly string[] {
    return this.#vector(slot, 4, (at) => this.#stringAt(at));
  }

  int32s(slot: number): readonly number[] {
    return this.#vector(slot, 4, (at) => this.#view.getInt32(at, true));
  }

  int64s(slot: number): readonly number[] {
    return this.#vector(slot, 8, (at) => Number(this.#view.getBigInt64(at, true)));
  }

  float32s(slot: number): readonly number[] {
    return this.#vector(slot, 4, (at) => this.#view.getFloat32(at, true));
  }

  float64s(slot: number): readonly number[] {
    return this.#vector(slot, 8, (at) => this.#view.getFloat64(at, true));
  }

  bools(slot: number): readonly boolean[] {
    return this.#vector(slot, 1, (at) => this.#view.getUint8(at) !== 0);
  }

  /** A vector of bytes where it lies. */
  bytes(slot: number): Uint8Array {
    const at = this.#field(slot);
    if (at === undefined) return new Uint8Array();
    const [start, length] = this.#extent(at, 1);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length);
  }

  #tableAt(at: number): Table {
    return new Table(this.#view, at + this.#view.getUint32(at, true));
  }

  #stringAt(at: number): string {
    const [start, length] = this.#extent(at, 1);
    return decoder.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + start, length));
  }

  #extent(at: number, elementBytes: number): readonly [number, number] {
    const start = at + this.#view.getUint32(at, true);
    const length = this.#view.getUint32(start, true);
    if (start + 4 + length * elementBytes > this.#view.byteLength) {
      throw new RangeError(`a list of ${length} elements at byte ${start} of ${this.#view.byteLength}`);
    }
    return [start + 4, length];
  }

  #vector<T>(slot: number, elementBytes: number, read: (at: number) => T): readonly T[] {
    const at = this.#field(slot);
    if (at === undefined) return [];
    const [start, length] = this.#extent(at, elementBytes);
    return Array.from({ length }, (_, i) => read(start + i * elementBytes));
  }
}
