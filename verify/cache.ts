import { type CacheSize, cacheFolder, clearCache, sizeOfCache } from "../driver/compile/cache.ts";
import { VerifyError } from "./error.ts";
import { guarded } from "./guarded.ts";

export type { CacheSize } from "../driver/compile/cache.ts";

/** What to do with the built drivers that are kept. */
export interface CacheOptions {
  /** Whether to remove them; the next review of a driver builds it again. */
  readonly clear?: boolean | undefined;
}

/**
 * Says what the cache of built drivers holds; what it held, where it is cleared.
 *
 * @throws VerifyError `input` where the folder cannot be read, `output` where it cannot be cleared
 */
export const cache = guarded(async ({ clear = false }: CacheOptions = {}): Promise<CacheSize> => {
  try {
    const size = await sizeOfCache();
    if (clear) await clearCache();
    return size;
  } catch (error) {
    const message = `cannot ${clear ? "clear" : "read"} the cache in ${cacheFolder()}: ${(error as Error).message}`;
    throw new VerifyError(clear ? "output" : "input", message, "SYSRAM_VERIFY_CACHE names another folder");
  }
});
