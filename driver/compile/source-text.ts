/** One C file of a driver, by its path in the kernel tree. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The C of one driver. */
export interface DriverSource {
  /** C files; they are compiled as one. */
  readonly sources: readonly SourceText[];
  /** Headers of the driver's own, found beside its sources. */
  readonly headers: readonly SourceText[];
  /** What the patch adds to headers of the kernel's; the stand-in of the same name includes it. */
  readonly additions: readonly SourceText[];
}
