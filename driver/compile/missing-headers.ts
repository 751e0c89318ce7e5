import { includesInBrackets } from "../patch/driver.ts";
import type { DriverSource } from "./source-text.ts";

/** The folders below the kernel's include/ that a driver may include from. */
const kernelHeader =
  /^(?:acpi|asm|asm-generic|crypto|cxl|generated|linux|media|memory|misc|net|ras|scsi|soc|trace|uapi|vdso|xen)(?:\/[\w-]+(?:\.[\w-]+)*)+\.h$/;

/**
 * The headers of the kernel that a driver includes and nobody stands in for.
 *
 * They are taken as empty: a driver includes more than it uses. What it does use of one is then not declared, and the
 * compiler says so.
 */
export const missingHeaders = (
  { sources, headers, additions }: DriverSource,
  standIns: ReadonlyMap<string, string>,
): readonly string[] => {
  const included = [...sources, ...headers, ...additions].flatMap(({ text }) => includesInBrackets(text));
  const given = [...headers, ...additions].map(({ path }) => path);
  return [...new Set(included)].filter(
    (name) => kernelHeader.test(name) && !standIns.has(name) && !given.some((path) => path.endsWith(`include/${name}`)),
  );
};
