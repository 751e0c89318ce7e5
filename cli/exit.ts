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

/** What each of these means, for the reference. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  clean: "no property is violated; the report says whether they hold or the search was inconclusive",
  violated: "at least one property is violated; a log is refused; something in a certificate is not so",
  usage: "usage, or input that cannot be read or built",
  notAllHolds:
    "where everything was required to hold (or a log to be accepted): nothing was violated, but not everything holds, or a claim about what was searched could not be judged",
  ourBug: "a bug of ours",
  unwritten: "what was to be written cannot be: standard output, or a file that was named",
  interrupted: "interrupted; what was found so far is in the report",
};

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
