import { APIFOX, DASHSCOPE, EVOLINK, RECORDED, STEPFUN, VIECOM } from './sources.ts'
import type { Wording } from './wording.ts'

/** Our account is refused, or all callers are asked to come later. Neither a model nor a person is at fault. */
export const ofAccount: readonly Wording[] = [
  // ── Our account. ──
  {
    is: 'no_credit',
    sign: /credits? (are |is )?(insufficient|not enough|exhausted)|(insufficient|not enough|no enough|no|out of) (account )?(credit|balance|fund)/,
    text: 'Credits insufficient : Your current balance isn’t enough to run this request. Please top up to continue.',
    from: RECORDED,
  },
  {
    is: 'no_credit',
    sign: /(balance|credits?|funds?) (is|are|isn't|aren't|was|were)? ?(not |in)?(enough|sufficient)|balance (is )?(too low|exhausted)/,
    text: 'Your current balance isn’t enough to run this request.',
    from: RECORDED,
  },
  {
    is: 'no_credit',
    sign: /please (top up|recharge)/,
    text: 'The current credits are insufficient. Please top up.',
    from: VIECOM,
  },
  {
    is: 'no_credit',
    sign: /arrearage|account .{0,30}(good standing|overdue|in arrears|suspended|quota)|quota .{0,30}account/,
    text: 'Arrearage: Access denied, plesase make sure your account is in good standing.',
    from: DASHSCOPE,
  },
  { is: 'no_credit', sign: /余额不足|欠费/, text: '余额不足', from: STEPFUN },
  { is: 'no_credit', sign: /sub ?key .{0,20}limit/, text: 'Sub-key limit reached', from: APIFOX },
  { is: 'auth', sign: /access permissions/, text: 'You do not have access permissions', from: RECORDED },
  {
    is: 'auth',
    sign: /authentication failed|unauthorized|(invalid|incorrect|expired|wrong|missing) (api )?(key|token)\b|\b(api )?key .{0,12}(disabled|invalid|expired|revoked|deleted)|ip .{0,20}(whitelist|allow ?list)/,
    text: 'Unauthorized – Authentication failed...',
    from: APIFOX,
  },

  // ── You may send it again later. ──
  {
    is: 'maintenance',
    sign: /being maintained|(undergoing|under|system|scheduled) maintenance/,
    text: 'The server is currently being maintained, please try again later~',
    from: RECORDED,
  },
  {
    is: 'rate',
    sign: /too many requests|rate limit|throttl|request frequency/,
    text: 'Too many requests, please try again later.',
    from: RECORDED,
  },
  {
    is: 'rate',
    sign: /high demand|heavy load|overloaded|at capacity|queue is full|resources? exhausted|resources temporarily/,
    text: 'resource_exhausted: Upstream resources temporarily depleted',
    from: EVOLINK,
  },
]
