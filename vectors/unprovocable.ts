/**
 * Why user space cannot bring something about on a real kernel.
 *
 * It is told and not dropped: who needs it covered takes the KUnit suite, which stands between driver and kernel.
 */
const REASONS: readonly (readonly [what: RegExp, reason: string])[] = [
  [
    /^measuring: cxl_region_get_hpa_range failed/,
    "the region driver's own probe looks at the region's state first, and does not come to the driver",
  ],
  [/^named: no node/, "the intended driver looks for the node before it has anything to give back"],
  [
    /^(dropping: put_device ok|unregistered: )/,
    "somebody in the kernel must hold a reference to the device when it is unregistered",
  ],
  [/^released: device_unregister/, "the intended driver deletes its device and puts it, and never unregisters it"],
  [
    /^giving-back: offline_and_remove_memory (failed|=)/,
    "two things must fail in one write: onlining, and then taking the memory back",
  ],
  [
    /^(looking: no signal comes|removing-offline: )/,
    "a kernel worker must unbind the driver: it does where a device goes",
  ],
  [/\(a page marked offline\)$/, "only the kernel itself marks pages offline: a driver of a balloon, say"],
  [
    /^(?!user space: ).*EINTR/,
    "a signal must come to the task while it takes memory offline, and no step of a script is taken meanwhile",
  ],
  [/^user space: .*EINTR/, "no code of the driver runs in it: a block's own file is written"],
];

/** The reason for an edge of the life cycle or a way to fail. */
export const whyNot = (what: string): string =>
  REASONS.find(([pattern]) => pattern.test(what))?.[1] ?? "no action of user space leads to it";

/**
 * Why a finding cannot be shown from user space, from the run that shows it in the harness.
 *
 * @param commands - the commands of that run, as the harness names them
 * @param unseen - why nothing shows it, where that is so
 */
export const whyNotFinding = (commands: readonly string[], unseen: string | undefined): string => {
  if (unseen !== undefined) return unseen;
  const reasons: string[] = [];
  if (commands.some((command) => /held? the reference|held reference/.test(command))) {
    reasons.push("somebody in the kernel must hold a reference to the device");
  }
  if (commands.some((command) => command.startsWith("a kernel worker unbinds "))) {
    reasons.push("a kernel worker must unbind the driver: it does where a device goes");
  }
  const asked = commands.map((command) => /^probe region\d+, (online\w*|offline)$/.exec(command)?.[1]).find(Boolean);
  if (asked !== undefined) {
    reasons.push(`a caller must ask for ${asked}, and the region's driver asks for no type of its own`);
  }
  return reasons.length === 0 ? "no run of user space shows it in the modelled kernel" : reasons.join("; ");
};
