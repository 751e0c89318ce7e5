import type { SysramWords } from "./sysram-property.ts";

/**
 * Linearizability of two commands at a time.
 *
 * Compared are what both return, and what is left once both have ended: what a person can see of the machine (regions, devices,
 * the driver's entries in /proc/iomem, memory blocks), whether the driver records its memory, and who holds a reference. Two
 * commands that overlap must come to what one of them and then the other come to, where both have found what they act on before
 * either does anything: a write to a file that the unbind removed first has opened that file, and is told -ENODEV in a serial order too.
 *
 * Errors that say that something is not there (-ENODEV, -ENXIO, -ENOENT) count as one.
 *
 * Taken for serial as well: one command is refused with an error that says to try again (-EBUSY, -EAGAIN, -EINTR) and the other one comes
 * to what it does alone; and, where a command becomes possible only through the other one that is still under way (a write to a
 * device that a probe has just added), that all of it happens at one instant of the other.
 *
 * Left out: more than two commands; more than one fault in what they do; what nobody returns from (pinned pages, claimed
 * ranges); signals that end a wait; the fields that the driver keeps beside its resource; pairs of which a serial order goes
 * wrong in another way already.
 */
export const commandsAreLinearizable: SysramWords = {
  id: "commands-are-linearizable",
  group: "concurrency",
  severity: "medium",
  claim: "two commands at one time return and leave what they would one after the other",
  why: "Whoever gets a result goes on as if it was true, and what no order of commands leaves behind no command is made to deal with.",
  source: "M. Herlihy, J. Wing, Linearizability: a correctness condition for concurrent objects, TOPLAS 1990",
  check:
    "from every state at rest that commands lead to one at a time, each two commands that can overlap do so in every way, and both results and what is left are those of a serial order of the same driver; a command may also be refused with -EBUSY, -EAGAIN or -EINTR and leave everything to the other",
  assumptions: [
    "harness/operations.ts: what is left is what user space sees, whether the driver records its memory, and who holds a reference",
  ],
};
