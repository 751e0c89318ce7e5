import { graphClaim } from "../checker/graph-judge.ts";
import { orderClaim } from "../checker/order-judge.ts";
import type { SpaceClaim } from "../checker/space-claim.ts";
import type { SysramAction, SysramState } from "../harness/state.ts";
import type { SysramSystem } from "../harness/sysram-system.ts";
import { waysBack } from "../harness/ways-back.ts";
import type { SysramEvent } from "../models/observation.ts";
import { graphClaims, orderClaims, properties, propertiesOfSeveral } from "../properties/index.ts";

/** The claims on a search of this system as a whole. */
export const spaceClaimsOf = (system: SysramSystem): readonly SpaceClaim<SysramState, SysramAction, SysramEvent>[] => {
  const judging = (system.configuration.tasks ?? 1) === 1 ? properties : propertiesOfSeveral;
  const ways = waysBack(system);
  return [
    ...graphClaims.map((claim) => graphClaim(claim, ways, judging)),
    ...orderClaims.map((claim) => orderClaim<SysramState, SysramAction, SysramEvent>(claim)),
  ];
};
