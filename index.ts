/** The library: what a program imports from "sysram-verify". */
export { packageRoot } from "./abi/package-root.ts";
export type { Answer, Chooser, FaultKind } from "./checker/chooser.ts";
export type { Claim, ClaimWords, Evidence, NotJudged, Offers } from "./checker/claims/claim.ts";
export { type StepRule, stepClaim } from "./checker/claims/step-claim.ts";
export { type Exploration, type ExploreOptions, explore } from "./checker/explore.ts";
export type { Finding } from "./checker/finding.ts";
export type { Bounds } from "./checker/pace.ts";
export { type Replay, replay as replaySchedule, type Schedule } from "./checker/schedule.ts";
export type { System } from "./checker/system.ts";
export type { Transition, Violation } from "./checker/transition.ts";
export type { PropertyVerdict, Verdict } from "./checker/verdict.ts";
export { readInputs, readSource, readTree, type Subject } from "./driver/patch/subject.ts";
export { readReference } from "./driver/reference.ts";
export { type Driver, loadDriver } from "./driver/run/driver.ts";
export { buildSubject } from "./harness/build-subject.ts";
export { type Configuration, DEFAULT_CONFIGURATION } from "./harness/configuration.ts";
export { type ExtraInputs, withExtraInputs } from "./harness/extra-inputs/extra-inputs.ts";
export type { SystemSchedule } from "./harness/extra-inputs/rebase.ts";
export { INITIAL_CONFIGURATIONS, type InitialConfiguration } from "./harness/initial-configuration.ts";
export { type MachineSubject, machineSubject } from "./harness/machine-driver/subject.ts";
export { lifeAlone, monitorsFor } from "./harness/monitor-policy.ts";
export { arbitraryRun, type RunOptions } from "./harness/random/arbitrary-run.ts";
export { exploreAtRandom, type RandomExploration, type RandomOptions } from "./harness/random/explore-at-random.ts";
export { describeRun, type Run, type RunStep } from "./harness/random/run.ts";
export type { SysramAction, SysramState } from "./harness/state.ts";
export { type SysramSystem, sysramSystem } from "./harness/sysram-system.ts";
export { encodeToken, findRun, parseToken } from "./harness/token.ts";
export { lifeCycle, MACHINES, type NamedMachine, tableOf } from "./machines/index.ts";
export { edgesOf, nodesOf } from "./machines/listing.ts";
export { memoryGroupMachine } from "./machines/memory-group.machine.ts";
export { POLICIES, type Policy } from "./machines/policy.ts";
export { sysramMachine } from "./machines/sysram.machine.ts";
export { acceptedIn, compile, type MachineConfiguration, type MachineTable, nextIn } from "./machines/table.ts";
export { initialKernelState, kernelFunctions } from "./models/index.ts";
export type { KernelFunction, KernelFunctions, KernelState } from "./models/kernel.ts";
export type { Observation, SysramEvent } from "./models/observation.ts";
export { claims, type SysramClaim } from "./properties/index.ts";
export type { Comparison } from "./report/comparison.ts";
export type { LogReport } from "./report/log-report.ts";
export type { Report } from "./report/report.ts";
export { type CacheOptions, type CacheSize, cache } from "./verify/cache.ts";
export { type Certified, type CertifyOptions, certify } from "./verify/certify.ts";
export { type Checked, type CheckOptions, check } from "./verify/check.ts";
export { type CompareOptions, compare } from "./verify/compare.ts";
export { type ErrorCode, VerifyError } from "./verify/error.ts";
export { type DriverExpectation, expectDriver } from "./verify/expect-driver.ts";
export { explain } from "./verify/explain.ts";
export type { FoundFinding } from "./verify/found-finding.ts";
export { type MachineOptions, machine } from "./verify/machine.ts";
export { type Merged, type MergeOptions, merge } from "./verify/merge.ts";
export { type Replayed, type ReplayOptions, replay } from "./verify/replay.ts";
export { type Review, type ReviewOptions, review, type SizeOptions } from "./verify/review.ts";
export {
  reviewShard,
  type SearchedShard,
  type Shard,
  type ShardInvocation,
  type ShardNumber,
  type ShardOptions,
} from "./verify/shard.ts";
export type { Source } from "./verify/source.ts";
export { type TraceOptions, trace } from "./verify/trace.ts";
export { type VectorsOptions, vectors, type WrittenVectors } from "./verify/vectors.ts";
export { type VerifiedRule, type VerifyOptions, verify, verifyRule } from "./verify/verify.ts";
export type { Watching } from "./verify/watching.ts";
