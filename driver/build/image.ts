/** A place in the subject that calls something, or where a basic block begins, by its number in the image's table. */
export interface CallSite {
  /** Path in the kernel tree. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The C function that contains the call. */
  readonly function: string;
  /** The function that is called; empty for a call through a pointer, and where a basic block begins. */
  readonly callee: string;
}

/** A run of C without branches: executed as a whole or not at all. */
export interface BasicBlock {
  readonly file: string;
  readonly function: string;
  /** The lines that it covers, ascending. */
  readonly lines: readonly number[];
  /** The number of its beginning among the places of the image; 0 where the compiler tells no line. */
  readonly site: number;
}

/** One field of a C structure. */
export interface Field {
  /** Bytes from the start of the structure. */
  readonly offset: number;
  /** Size in bytes. */
  readonly size: number;
  /** The type in C's words, without qualifiers: `struct resource *`, `int`. */
  readonly type: string;
}

/** A C structure as the compiler laid it out. */
export interface Structure {
  readonly size: number;
  readonly fields: Readonly<Record<string, Field>>;
}

/** A function with its types in C's words, without qualifiers. */
export interface Prototype {
  readonly name: string;
  readonly result: string;
  readonly parameters: readonly string[];
}

/** A function of the subject that others can call. */
export interface DriverFunction extends Prototype {
  readonly file: string;
  readonly line: number;
}

/** What is known of a driver beside its code. Plain data. */
export interface DriverFacts {
  /** The kernel functions that the driver calls; their places are the numbers that the driver calls them by. */
  readonly kernelFunctions: readonly Prototype[];
  /** Number 0 is no place: the environment. */
  readonly sites: readonly CallSite[];
  readonly blocks: readonly BasicBlock[];
  readonly structures: Readonly<Record<string, Structure>>;
  readonly functions: readonly DriverFunction[];
  /** Every function of the subject's own files, static ones too, where it begins; see Driver.functionAt(). */
  readonly functionPointers: readonly CallSite[];
  /** The names of the device attributes that the subject defines (DEVICE_ATTR, __ATTR). */
  readonly attributes: readonly string[];
  /** Variables of the kernel's that the driver refers to, exported under their names. */
  readonly kernelData: readonly string[];
}

/** A driver, built from C: its WebAssembly, and what is known of the C behind it. */
export interface DriverImage extends DriverFacts {
  readonly wasm: Uint8Array;
  /** SHA-256 of all that went into the build, hexadecimal. */
  readonly sha256: string;
}
