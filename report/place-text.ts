import type { Place } from "./report.ts";

/** `region.c:12`: enough to find a line in a patch. Empty where no place is known. */
export const placeText = ({ file, line }: { readonly file?: string; readonly line?: number }): string => {
  if (file === undefined) return "";
  const name = file.slice(file.lastIndexOf("/") + 1);
  return line === undefined ? name : `${name}:${line}`;
};

/** The same with the function that it lies in. */
export const whereText = (place: Place): string =>
  `${placeText(place)}${place.function === undefined ? "" : ` in ${place.function}()`}`;
