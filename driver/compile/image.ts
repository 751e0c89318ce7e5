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
  /** How many bytes of the caller's stack its variable arguments take, where it has any. */
  readonly variable?: number;
}

/** A run of C without branches: executed as a whole or not at all. */
export interface BasicBlock {
  readonly file: string;
  readonly function: string;
  /** The lines that it covers, ascending. */
  readonly lines: readonly number[];
  /** The number of its beginning among the places of the image; 0 where the compiler tells no line. */
  readonly site: number;
  /** Whether the function begins with it. */
  readonly isEntry: boolean;
  /** The blocks that it goes on with, by their numbers. */
  readonly next: readonly number[];
  /** The places of the calls in it. */
  readonly calls: readonly number[];
}

/** One load or store of the driver's C. */
export interface Access {
  /** The number of its place among the places of the image. */
  readonly site: number;
  readonly kind: "read" | "write" | "update";
  /** Bytes; 0 where each run of it tells how many. */
  readonly size: number;
  /** Atomic, or through READ_ONCE(), WRITE_ONCE() or another volatile access. */
  readonly isMarked: boolean;
  /** What the address must be a multiple of, in bytes. */
  readonly alignment: number;
  /** It reads a unit of bit-fields, of which the C may mean only some. */
  readonly isBitField: boolean;
  /** What the C calls it, where that is a field: `flags of struct resource`. */
  readonly field?: string | undefined;
}

/** A load from a field of an enumerated type. */
export interface EnumLoad {
  readonly site: number;
  /** `enum mmop`. */
  readonly type: string;
  /** The values that the bits of its names span, as the C++ standard has it. */
  readonly least: number;
  readonly most: number;
}

/** A place where the C decides which way to go. */
export interface Branch {
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** The ways: `true` and `false`, or the values of a `switch`. */
  readonly ways: readonly BranchWay[];
}

export interface BranchWay {
  readonly label: string;
  /** The basic block, by its number, that runs as often as this way is taken. */
  readonly block: number;
  /** The call whose result decides, and what it returns on this way, in words: `NULL`, `a negative value`. */
  readonly decision?: Decision | undefined;
}

/** What a call must give for a branch to go a certain way. */
export interface Decision {
  readonly callee: string;
  readonly line: number;
  readonly result: string;
}

/** A variable of the driver's or the kernel's. Where it lies is in the image itself. */
export interface Variable {
  readonly name: string;
  readonly isConstant: boolean;
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
  /** Whether its C can be suspended before loads and stores that others could notice, beside calls of the kernel. */
  readonly suspendsAtAccesses: boolean;
  /** The kernel functions that the driver calls; their places are the numbers that the driver calls them by. */
  readonly kernelFunctions: readonly Prototype[];
  /** Number 0 is no place: the environment. */
  readonly sites: readonly CallSite[];
  readonly blocks: readonly BasicBlock[];
  readonly branches: readonly Branch[];
  readonly accesses: readonly Access[];
  readonly enumLoads: readonly EnumLoad[];
  /** The variables of the driver, in the order of the image's own table of them. */
  readonly variables: readonly Variable[];
  /** The same of the kernel's variables that drivers refer to by name. */
  readonly kernelVariables: readonly Variable[];
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
