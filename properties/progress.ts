import { count } from "../abi/count.ts";
import type { GraphRule } from "../checker/claims/graph-rule.ts";
import type { Observed, SysramWords } from "./sysram-property.ts";
import { isKeptDevice, keptBlocks, siteName } from "./sysram-property.ts";

/** A claim about what stays possible for a driver. */
export interface SysramProgress extends GraphRule<Observed>, SysramWords {}

/**
 * Progress, judged on the graph of all states and never by a number of steps.
 *
 * Who may be counted on, and for what, stands in harness/ways-back.ts: pages are unpinned, references dropped and claims
 * given back in the end, and somebody writes, unbinds, binds, offlines and sends signals for as long as it takes; nothing
 * fails, and nobody pins a page or claims a part of the range only to help.
 */
export const memoryCanBeTakenBack: SysramProgress = {
  id: "memory-can-be-taken-back",
  group: "progress",
  severity: "high",
  claim: "whatever has happened, the memory can be taken back and the device released, once nothing fails any more",
  why: "Nothing but a reboot gives the memory, and with it the region, back to anybody.",
  source:
    "Documentation/admin-guide/mm/memory-hotplug.rst; mm/memory_hotplug.c offline_and_remove_memory(); drivers/base/core.c device_release()",
  check:
    "from every state of the explored graph a state can be reached in which no command is under way, no memory block is left and every device is released; by steps in which nothing fails, nobody is interrupted, and everybody cooperates: pages are unpinned, references dropped, claims given back, signals sent to who listens to them; memory that the driver could not remove when it went, and keeps on purpose with all that belongs to it, as the log says, is left out",
  assumptions: [
    "harness/ways-back.ts: whoever uses the memory lets go of it in the end, and an administrator may write, unbind, bind, commit, offline and send signals as often as it takes",
  ],
  goals: [
    {
      object: "a command",
      isReached: ({ observation }) => observation.isAtRest,
      detail: ({ observation: { kernel } }) =>
        kernel.memoryHotplug.blocks.length === 0
          ? "the command that is under way never comes to its end, whatever is done"
          : `the command that is under way never comes to its end, whatever is done, and ${blocksLeft(kernel.memoryHotplug.blocks.length)}`,
      site: () => "",
    },
    {
      object: "system memory",
      isReached: ({ observation }) => observation.kernel.memoryHotplug.blocks.length === keptBlocks(observation).length,
      detail: ({ observation }) =>
        `${blocksLeft(observation.kernel.memoryHotplug.blocks.length)}, and nothing that anybody can do takes that back`,
      site: ({ observation }) => siteName(observation.kernel.memoryHotplug.blocks[0]?.site ?? 0),
    },
    {
      object: "the device",
      isReached: ({ observation }) => observation.records.every((record) => isKeptDevice(observation, record)),
      detail: () => "the device is never released, whatever is done",
      site: ({ observation: { kernel, records } }) =>
        siteName(kernel.device.devices.find(({ at }) => records.some(({ device }) => device === at))?.site ?? 0),
    },
  ],
  together: {
    object: "memory, device and command",
    detail: () => "memory, device and command can each be got rid of, and never all of them",
    site: () => "",
  },
};

const blocksLeft = (blocks: number): string =>
  `${count(blocks, "memory block is", "memory blocks are")} still system memory`;
