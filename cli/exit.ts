import type { ErrorCode } from "../verify/error.ts";

/** What the process tells its caller. */
export const EXIT = {
  clean: 0,
  violated: 1,
  usage: 2,
  notAllHolds: 3,
  ourBug: 70,
  /** EX_IOERR of sysexits.h. */
  unwritten: 74,
  interrupted: 130,
} as const;

/** What the process tells its caller of an error. */
export const exitCodeOf = (code: ErrorCode): number => {
  switch (code) {
    case "usage":
    case "input":
    case "not-found":
    case "memory":
      return EXIT.usage;
    case "output":
      return EXIT.unwritten;
    case "interrupted":
      return EXIT.interrupted;
    case "internal":
      return EXIT.ourBug;
  }
};
