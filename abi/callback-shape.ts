/**
 * The shapes of driver functions that the kernel calls through a pointer: result, underscore, parameters.
 *
 * v void, p pointer, i int or enum, l long, h unsigned short.
 */
export const CALLBACK_SHAPES = [
  /** Device release, devres action, work function. */
  "v_p",
  "i_p",
  /** Attribute show. */
  "l_ppp",
  /** Attribute store. */
  "l_pppl",
  /** Match and walk callbacks. */
  "i_pp",
  /** Match callback of a managed resource. */
  "i_ppp",
  /** Memory notifier. */
  "i_plp",
  /** Attribute group visibility. */
  "h_ppi",
  "v_pp",
  /** A region driver's probe entry. */
  "i_pi",
  /** One with a further `bool` or `int`. */
  "i_pii",
] as const;

export type CallbackShape = (typeof CALLBACK_SHAPES)[number];
