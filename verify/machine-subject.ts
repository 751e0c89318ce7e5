import type { Subject } from "../driver/patch/subject.ts";
import { MACHINE_FILE, type MachineSubject } from "../harness/machine-driver/subject.ts";

/** A machine in the place of a patch: its listing is its source. */
export const asSubject = ({ name, sha256, lines }: MachineSubject): Subject => ({
  kind: "machine",
  name,
  sha256,
  files: [
    {
      path: MACHINE_FILE,
      role: "driver",
      text: lines.join("\n"),
      lines: new Map(lines.map((line, index) => [index + 1, line])),
    },
  ],
  notes: [],
});
