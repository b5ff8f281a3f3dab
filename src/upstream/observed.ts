import type { Upstream } from './client.ts'

/** Wraps a call: runs `send` once and passes on its result or its error. */
export type ObserveCall = <Result>(call: string, send: () => Promise<Result>) => Promise<Result>

/** Returns a new client that makes the calls of `upstream` through `observe`. */
export const observedUpstream = (upstream: Upstream, observe: ObserveCall): Upstream => ({
  createTask: order => observe('createTask', () => upstream.createTask(order)),
  recordInfo: taskId => observe('recordInfo', () => upstream.recordInfo(taskId)),
  upload: file => observe('upload', () => upstream.upload(file)),
  credit: () => observe('credit', () => upstream.credit()),
  close: () => upstream.close(),
})
