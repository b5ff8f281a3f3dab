import {
  count,
  id,
  key,
  type ModelSwitch,
  type PersonAction,
  part,
  person,
  plain,
  type RequestOp,
  requestOp,
  route,
} from './codes.ts'

/** The admins' screens. Every `ay` is a row of its own: pressed again, it does nothing (`az`: a large sum, surely). */
export const adminRoutes = {
  admin: plain('a'),
  adminFailures: plain('ae'),
  adminParked: plain('ak'),
  adminRequests: plain('aq'),
  adminVersion: plain('av'),
  adminStuck: plain('as'),
  adminStuckAll: plain('as:all'),
  adminPerson: route<[number]>(
    `au:${person}`,
    user => `au:${user}`,
    p => [Number(p[1])],
  ),
  /** The runs that the n-th switch of a model stood on. */
  adminLoss: route<[string, number]>(
    `al:${key}:${count}`,
    (model, n) => `al:${model}:${n}`,
    p => [part(p, 1), Number(p[2])],
  ),
  /** Makes the n-th output of a run an example. */
  exampleAdd: route<[string, number]>(
    `ao:${id}:[1-9]\\d?`,
    (run, n) => `ao:${run}:${n}`,
    p => [part(p, 1), Number(p[2])],
  ),
  /** Takes an example of a model away. */
  exampleDrop: route<[string, number]>(
    `ax:${key}:[1-4]`,
    (model, slot) => `ax:${model}:${slot}`,
    p => [part(p, 1), Number(p[2])],
  ),
  /** Switches a model as its confirm screen says, or leaves it; the reason is in the text of that screen. */
  adminSwitch: route<[string, ModelSwitch]>(
    `am:${key}:(?:on|off|auto|no)`,
    (model, op) => `am:${model}:${op}`,
    p => [part(p, 1), part(p, 2) as ModelSwitch],
  ),
  adminRun: route<[string]>(
    `ar:${id}`,
    run => `ar:${run}`,
    p => [part(p, 1)],
  ),
  adminPrompt: route<[string]>(
    `ap:${id}`,
    run => `ap:${run}`,
    p => [part(p, 1)],
  ),
  adminTask: route<[string]>(
    `at:${id}`,
    run => `at:${run}`,
    p => [part(p, 1)],
  ),
  adminSettle: route<[string]>(
    `ax:${id}`,
    run => `ax:${run}`,
    p => [part(p, 1)],
  ),
  adminGiveBack: route<[string]>(
    `ag:${id}`,
    run => `ag:${run}`,
    p => [part(p, 1)],
  ),
  adminForm: route<[PersonAction, number]>(
    `af:(?:credit|take|ban|unban|message):${person}`,
    (kind, user) => `af:${kind}:${user}`,
    p => [part(p, 1) as PersonAction, Number(p[2])],
  ),
  adminRequest: route<[string, RequestOp]>(
    `aq:${id}:${requestOp.pattern}`,
    (order, op) => `aq:${order}:${requestOp.letters(op)}`,
    p => [part(p, 1), requestOp.word(p[2])],
  ),
  adminYes: route<[string, boolean]>(
    `a[yz]:${id}`,
    (action, isSure) => `a${isSure ? 'z' : 'y'}:${action}`,
    p => [part(p, 1), p[0] === 'az'],
  ),
  adminNo: route<[string]>(
    `an:${id}`,
    action => `an:${action}`,
    p => [part(p, 1)],
  ),
}
