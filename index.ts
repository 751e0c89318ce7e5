/** The library: what a program imports from "sysram-verify". */
export { packageRoot } from "./abi/package-root.ts";
