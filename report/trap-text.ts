import { count } from "../abi/count.ts";
import type { Trap } from "../checker/way-back.ts";

/** Why there is no way out of a trap, one line; behind the run that leads into it, and before what goes round there. */
export const trapWords = ({ states, round }: Trap): string => {
  const whole = `${count(states, "state")} can be reached from here without a fault, and from none of them a way leads out`;
  if (round.length > 0) return `from here on this goes round for ever; ${whole}`;
  return states === 1
    ? "nothing that anybody may be counted on to do changes anything from here on"
    : `whatever is done from here on: ${whole}`;
};
