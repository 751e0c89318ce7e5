import { MEMORY_MAP } from "../../abi/memory-map.ts";
import { type ShadowMemory, shadowMemory } from "../../models/shadow-memory.ts";

/** The shadow memory of a kernel without a driver: variables are there, and nobody has read-only ones. */
export const bareShadow = (): ShadowMemory =>
  shadowMemory(
    [
      {
        name: "the variables",
        at: MEMORY_MAP.dataStart,
        size: MEMORY_MAP.tasksStart - MEMORY_MAP.dataStart,
        isConstant: false,
      },
    ],
    (site) => (site === 0 ? "" : `place ${site}`),
  );
