import fc from 'fast-check'
import t from 'tap'
import { compare, decimal, decimalText, divideUp, formatKop, isStep, kopecksUp, times } from '../../src/money.ts'

t.test('an amount shows kopecks only if there are any, with no-break spaces', async t => {
  const shown = [0, 1, 5, 50, 99, 100, 380, 1500, 125_000, 125_005, 123_456_789, -380]
  t.same(
    shown.map(kop => formatKop(kop, 'ru')),
    [
      '0\u00a0₽',
      '0,01\u00a0₽',
      '0,05\u00a0₽',
      '0,50\u00a0₽',
      '0,99\u00a0₽',
      '1\u00a0₽',
      '3,80\u00a0₽',
      '15\u00a0₽',
      '1\u00a0250\u00a0₽',
      '1\u00a0250,05\u00a0₽',
      '1\u00a0234\u00a0567,89\u00a0₽',
      '−3,80\u00a0₽',
    ],
  )
  t.equal(formatKop(380, 'en'), '3.80\u00a0₽')
  t.equal(formatKop(125_005, 'en'), '1\u00a0250.05\u00a0₽')
})

t.test('a fraction of a kopeck is never shown', async t => {
  for (const kop of [0.5, Number.NaN, Infinity, 2 ** 53]) t.throws(() => formatKop(kop, 'ru'), RangeError)
})

t.test('only plain finite decimals are numbers', async t => {
  for (const bad of [
    '',
    ' ',
    '1,5',
    '1e3',
    '.5',
    '5.',
    '+1',
    '0x10',
    'NaN',
    '1 000',
    Number.NaN,
    Infinity,
    1e-7,
    1e21,
  ]) {
    t.throws(() => decimal(bad), RangeError, `${bad}`)
  }
  t.equal(decimalText(decimal('0012.3400')), '12.34')
  t.equal(decimalText(decimal(-0.05)), '-0.05')
  t.equal(decimalText(decimal(0)), '0')
})

t.test('sum-rounding: a product is exact and is rounded up to a kopeck once', async t => {
  t.equal(Math.ceil(2.4 * 0.005 * 95 * 2 * 100), 229, 'floating point would take a kopeck too much')
  t.equal(kopecksUp(times(decimal('2.4'), decimal('0.005'), decimal('95'), decimal('2.0'))), 228)
  t.equal(kopecksUp(decimal('0.80')), 80, 'whole kopecks stay')
  t.equal(kopecksUp(decimal('0.8000000001')), 81)
  t.equal(kopecksUp(decimal('-0.809')), -80)
  t.throws(() => kopecksUp(decimal('100000000000000')), RangeError)
})

t.test('decimals compare, divide and step as numbers do on paper', async t => {
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: 1e4 }), (cents, step) => {
      const value = { digits: BigInt(cents), scale: 2 }
      const other = { digits: BigInt(step), scale: 2 }
      t.equal(compare(value, other), Math.sign(cents - step))
      t.equal(Number(divideUp(value, other).digits), Math.ceil(cents / step) + 0)
      t.equal(isStep(value, decimal(0), other), Math.abs(cents) % step === 0)
      t.same(decimal(decimalText(value)), decimal(`${cents / 100}`))
    }),
  )
  t.throws(() => divideUp(decimal(1), decimal(0)), RangeError)
})
