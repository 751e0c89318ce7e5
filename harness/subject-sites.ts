import { type Address, address, NULL } from "../abi/address.ts";
import type { Driver } from "../driver/run/driver.ts";
import type { Site } from "../models/kernel.ts";

/** Whether a place lies in the subject's own files, and not in a header that stands in for one of the kernel's. */
export const isInSubject = ({ file }: { readonly file: string }): boolean =>
  file !== "" && !file.startsWith("include/");

/** Where in the subject happens what its C does: a header of ours is no place to point at. */
export interface SubjectSites {
  /** By the number of a site, whether it lies in the subject. */
  readonly isSubject: readonly boolean[];
  /** The innermost site in the subject, from the head of a chain of frames; 0 where there is none. */
  innermost(frame: Address): Site;
  /** Where the C that runs now touches memory: what a header does happens where the subject calls into the header. */
  ofAccess(site: Site): Site;
}

/** How many frames are looked at: a chain that the driver has overwritten may have no end. */
const FRAME_LIMIT = 64;

export const subjectSites = (driver: Driver): SubjectSites => {
  const isSubject = driver.facts.sites.map(isInSubject);
  const { memory } = driver;

  // It is asked at each call of the kernel, so no list of the frames is made.
  const innermost = (frame: Address): Site => {
    for (let at = frame, frames = 0; at !== NULL && frames < FRAME_LIMIT; at = memory.pointer(at), frames += 1) {
      const site = memory.u32(address(at + 4));
      if (isSubject[site]) return site;
    }
    return 0;
  };

  return {
    isSubject,
    innermost,
    ofAccess: (site) => (isSubject[site] ? site : innermost(driver.frameNow())),
  };
};
