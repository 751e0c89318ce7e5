/**
 * The error numbers that modelled kernel calls return, by their kernel names.
 *
 * Source: include/uapi/asm-generic/errno-base.h and errno.h; ERESTARTSYS and ERESTARTNOINTR from include/linux/errno.h.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  EHWPOISON: 133,
  ERESTARTSYS: 512,
  ERESTARTNOINTR: 513,
  EPROBE_DEFER: 517,
} as const;

export type ErrnoName = keyof typeof ERRNO;

/** Largest magnitude that the kernel encodes as an error in a pointer (include/linux/err.h). */
export const MAX_ERRNO = 4095;

const names = new Map<number, ErrnoName>(Object.entries(ERRNO).map(([name, value]) => [value, name as ErrnoName]));

/** The result of a kernel call in words: `-EBUSY` for -16, else the number. */
export const describeResult = (result: number): string => {
  const name = result < 0 ? names.get(-result) : undefined;
  return name === undefined ? String(result) : `-${name}`;
};
