import { claims } from "../../properties/index.ts";
import { commandsAreLinearizable } from "../../properties/linearizability.ts";
import { locksAreTakenInOneOrder } from "../../properties/lock-order.ts";
import { memoryCanBeTakenBack } from "../../properties/progress.ts";

const ON_WHOLE_SEARCHES: readonly string[] = [
  memoryCanBeTakenBack,
  locksAreTakenInOneOrder,
  commandsAreLinearizable,
].map(({ id }) => id);

/** The claims on single steps alone, where two searches are compared that do not take the same steps. */
export const stepClaims = claims.filter(({ id }) => !ON_WHOLE_SEARCHES.includes(id));
